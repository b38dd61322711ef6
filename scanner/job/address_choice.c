/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/address_choice.h"

#include "scanner/rules/address.h"
#include "scanner/rules/contact.h"

int address_choose(const struct job_context *context, struct arena *arena, struct address_list *list,
		   struct address_choice *choice)
{
	struct obs_address *may = arena_alloc(arena, 2 * list->count * sizeof(*may)), *others;
	size_t allowed = 0, refused = 0, reserved = 0;

	if (!may)
		return NET_FAULT_MEMORY;
	others = may + list->count;
	for (size_t i = 0; i < list->count; i++) {
		enum contact_verdict verdict = contact_check(&list->address[i], context->allow,
							     context->address_blocklist);

		*(verdict == CONTACT_ALLOWED ? &may[allowed++] : &others[refused++]) = list->address[i];
		reserved += verdict == CONTACT_RESERVED;
	}
	address_interleave(may, allowed, list->address);
	address_interleave(others, refused, list->address + allowed);
	choice->kept = list->count < OBS_ADDRESS_MAX ? list->count : OBS_ADDRESS_MAX;
	choice->allowed = allowed < OBS_ADDRESS_MAX ? allowed : OBS_ADDRESS_MAX;
	choice->omitted = list->count - choice->kept;
	choice->untried = allowed - choice->allowed;
	choice->reserved = reserved == list->count;
	choice->blocklisted = allowed == 0 && !choice->reserved;
	return NET_OK;
}
