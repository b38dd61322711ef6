#include "scanner/run/records.h"

void records_give(struct records *records)
{
	if (records->buffer)
		sink_give(records->sink, records->buffer);
	records->buffer = NULL;
}

void records_give_old(struct records *records, uint64_t most_ms)
{
	if (records->buffer && record_buffer_content(records->buffer).n > 0 &&
	    uv_now(records->loop) - records->since_ms >= most_ms)
		records_give(records);
}
