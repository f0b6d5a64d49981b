/* hk_time.c - RFC 3339 by hand: timegm and strptime know no offsets and read the locale. */
#include "hk_time.h"

#define DAY_S ((int64_t)86400)
#define FIRST_S INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define LAST_S INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */

/* Days since 1970-01-01 of a proleptic Gregorian date. Years are counted from March, so that the
 * leap day is a year's last one and month lengths follow one straight formula; 400 years are an
 * era. */
static int64_t days_of_date(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year =
        (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[(month - 1) % 12];
}

struct reader {
    const char *p, *end;
    bool failed;
};

static bool next_is(struct reader *r, const char *any_of)
{
    if (r->p == r->end || *r->p == '\0' || !strchr(any_of, *r->p))
        return false;
    r->p++;
    return true;
}

static void expect(struct reader *r, const char *any_of)
{
    if (!next_is(r, any_of))
        r->failed = true;
}

static unsigned digits(struct reader *r, unsigned count, unsigned min, unsigned max)
{
    unsigned value = 0;
    for (; count; count--) {
        if (r->p == r->end || *r->p < '0' || *r->p > '9') {
            r->failed = true;
            return min;
        }
        value = value * 10 + (unsigned)(*r->p++ - '0');
    }
    if (value < min || value > max)
        r->failed = true;
    return value;
}

static void skip_fraction(struct reader *r)
{
    if (!next_is(r, "."))
        return;
    expect(r, "0123456789");
    while (next_is(r, "0123456789"))
        ;
}

static int64_t offset(struct reader *r)
{
    if (next_is(r, "Zz"))
        return 0;
    int64_t sign = next_is(r, "-") ? -1 : 1;
    if (sign > 0)
        expect(r, "+");
    int64_t hours = digits(r, 2, 0, 23);
    expect(r, ":");
    return sign * (hours * 3600 + digits(r, 2, 0, 59) * 60);
}

/* A leap second (:60) is no time: Go, which writes what is read here, has none. */
int hk_time_parse(struct hk_str text, int64_t *seconds)
{
    if (text.len == 0)
        return -1;
    struct reader r = {text.ptr, text.ptr + text.len, false};
    unsigned year = digits(&r, 4, 0, 9999);
    expect(&r, "-");
    unsigned month = digits(&r, 2, 1, 12);
    expect(&r, "-");
    unsigned day = digits(&r, 2, 1, 31);
    expect(&r, "Tt");
    int64_t of_day = (int64_t)digits(&r, 2, 0, 23) * 3600;
    expect(&r, ":");
    of_day += (int64_t)digits(&r, 2, 0, 59) * 60;
    expect(&r, ":");
    of_day += digits(&r, 2, 0, 59);
    skip_fraction(&r);
    of_day -= offset(&r);
    if (r.failed || r.p != r.end || day > days_of_month(year, month))
        return -1;
    *seconds = days_of_date(year, month, day) * DAY_S + of_day;
    return 0;
}

static void put_digits(char *to, unsigned count, int64_t value)
{
    while (count--) {
        to[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void hk_time_format(int64_t seconds, char text[HK_TIME_SIZE])
{
    if (seconds < FIRST_S)
        seconds = FIRST_S;
    if (seconds > LAST_S)
        seconds = LAST_S;
    int64_t days = (seconds - FIRST_S) / DAY_S; /* since 0000-01-01: never negative */
    int64_t of_day = (seconds - FIRST_S) % DAY_S;
    int64_t shifted = days - 60 + 146097; /* since -0400-03-01, where an era begins */
    int64_t era = shifted / 146097 - 1;
    int64_t day_of_era = shifted % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    memcpy(text, "0000-00-00T00:00:00Z", HK_TIME_SIZE);
    put_digits(text, 4, year);
    put_digits(text + 5, 2, month);
    put_digits(text + 8, 2, day_of_year - (153 * month_from_march + 2) / 5 + 1);
    put_digits(text + 11, 2, of_day / 3600);
    put_digits(text + 14, 2, of_day / 60 % 60);
    put_digits(text + 17, 2, of_day % 60);
}
