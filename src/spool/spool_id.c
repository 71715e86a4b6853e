#include <string.h>

#include "base/rand.h"
#include "spool/spool.h"

/*
 * 4 + 13 x 5 bits: 52 of time in microseconds, then 17 of chance for two processes that
 * cannot see each other's clock tick or pid.
 */
#define TIME_BITS   52
#define CHANCE_BITS 17
#define DIGIT_BITS  5

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

/* `bits` of `value`, the most significant first, five at a time */
static char *put_digits(char *to, uint64_t value, unsigned bits)
{
	while (bits) {
		bits -= DIGIT_BITS;
		*to++ = digits[value >> bits & ((1U << DIGIT_BITS) - 1)];
	}
	return to;
}

void spool_id_make(int64_t now_us, char out[ENVELOPE_ID_LEN + 1])
{
	uint64_t time_us = now_us < 0 ? 0 : (uint64_t)now_us;
	uint32_t chance;
	char *to = out;

	rand_fill(&chance, sizeof(chance));
	chance &= (1U << CHANCE_BITS) - 1;
	time_us &= ((uint64_t)1 << TIME_BITS) - 1;
	/* the first digit takes four bits: mailq scrapers look for [0-9A-F] */
	*to++ = digits[time_us >> (TIME_BITS - 4)];
	time_us &= ((uint64_t)1 << (TIME_BITS - 4)) - 1;
	/* 48 bits of time and 2 of chance are ten digits, 15 of chance three more */
	to = put_digits(
		to, time_us << 2 | chance >> (CHANCE_BITS - 2), TIME_BITS - 4 + 2);
	to = put_digits(to, chance & ((1U << (CHANCE_BITS - 2)) - 1), CHANCE_BITS - 2);
	*to = '\0';
}

static bool is_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'V');
}

bool spool_id_is_valid(struct span s)
{
	if (s.len != ENVELOPE_ID_LEN || s.data[0] > 'F')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.data[i]))
			return false;
	return true;
}

static uint64_t digit_value(char c)
{
	return (uint64_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

int64_t spool_id_time_s(const char *id)
{
	uint64_t time = digit_value(id[0]);

	/* ten digits: 48 bits of time and 2 of chance */
	for (int i = 1; i <= 10; i++)
		time = time << DIGIT_BITS | digit_value(id[i]);
	return (int64_t)((time >> 2) / 1000000);
}
