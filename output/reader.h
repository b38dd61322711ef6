/* output/reader.h - scan files back into observations, one at a time, in file order.
 *
 * Reads any minor version of the schema's major and skips trailing fields and kinds it does not
 * know. A torn tail (crash, full disk) ends the reading cleanly and is reported; damage before the tail is an
 * error.
 */
#ifndef STSURVEY_OUTPUT_READER_H
#define STSURVEY_OUTPUT_READER_H

#include <stdbool.h>

#include "output/error.h"
#include "output/record.h"

enum { READER_NOTHING = -2 }; /* reader_open: the file ends before its header does */

struct reader;

/* @path "-" is standard input. 0; -1, or READER_NOTHING for a file that is empty or was cut within its first
 * frame (--resume begins it anew), with one line for the user in @error. */
__attribute__((warn_unused_result)) int reader_open(struct reader **reader, const char *path, struct error *error);

/* The next domain: 1 and @observation (valid until the next call), 0 at the end, -1 for damage (@error says
 * where). */
__attribute__((warn_unused_result)) int reader_next(struct reader *reader, struct observation *observation,
						    struct error *error);

const struct record_header *reader_header(const struct reader *reader);

/* Frames read so far. */
unsigned long long reader_frames(const struct reader *reader);

/* The trailer, once reader_next returned 0; NULL when the file has none (killed, or still being written). */
const struct record_trailer *reader_trailer(const struct reader *reader);

/* Octets of whole frames from the start, a trailer frame left out: where --resume goes on. After the end. */
long long reader_whole(const struct reader *reader);

/* Did octets follow the last whole frame? After the end. */
bool reader_torn(const struct reader *reader);

void reader_close(struct reader *reader);

#endif
