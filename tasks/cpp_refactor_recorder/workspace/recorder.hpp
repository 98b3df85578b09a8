#pragma once

struct Stats {
  int count;
  double min, max, mean, recent;
};

int rec_init(int most);                          // forgets all; 1, or 0 for a bad number
int rec_add(const char* name, double value);     // 1 if the value was taken
int rec_stats(const char* name, Stats* out);     // 1 if there is such a series
int rec_remove(const char* name);                // 1 if there was such a series
int rec_dump(char* buffer, int size);            // the number of bytes written, without the zero at the end
