/* day.c: see day.h. */
#include "feeds/base/day.h"

#include <stdbool.h>

static bool is_leap(int32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t day_parse(const char *text, size_t len)
{
	static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int32_t number = 0, year, month, day;

	if (len != 10 || text[4] != '-' || text[7] != '-')
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (i == 4 || i == 7)
			continue;
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (text[i] - '0');
	}
	year = number / 10000;
	month = number / 100 % 100;
	day = number % 100;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
		return 0;
	return month == 2 && day == 29 && !is_leap(year) ? 0 : number;
}
