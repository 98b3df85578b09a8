#include "recorder.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define NAME 12
#define WINDOW 4

struct Series {
  char name[NAME];
  int count, at;
  double min, max, sum, window[WINDOW];
  Series* next;
};

static Series* head = 0;
static int most_series = 0, series = 0;

static void cut(const char* name, char* out) {
  int i = 0;
  while (*name == ' ') name++;
  for (; i < NAME - 1 && name[i]; i++) out[i] = name[i] == ':' ? '_' : name[i];
  while (i > 0 && out[i - 1] == ' ') i--;
  out[i] = 0;
}

static Series* find(const char* name) {
  char key[NAME];
  cut(name, key);
  for (Series* s = head; s; s = s->next)
    if (!strcmp(s->name, key)) return s;
  return 0;
}

int rec_init(int most) {
  if (most < 1 || most > 1000) return 0;
  while (head) {
    Series* next = head->next;
    free(head);
    head = next;
  }
  most_series = most;
  series = 0;
  return 1;
}

int rec_add(const char* name, double value) {
  char key[NAME];
  cut(name, key);
  if (!key[0] || std::isnan(value) || std::isinf(value)) return 0;
  Series* s = find(name);
  if (!s) {
    if (series >= most_series) return 0;
    s = (Series*)calloc(1, sizeof(Series));
    strcpy(s->name, key);
    s->min = s->max = value;
    s->next = head;
    head = s;
    series++;
  }
  s->count++;
  s->sum += value;
  if (value < s->min) s->min = value;
  if (value > s->max) s->max = value;
  s->window[s->at] = value;
  s->at = (s->at + 1) % WINDOW;
  return 1;
}

int rec_stats(const char* name, Stats* out) {
  Series* s = find(name);
  if (!s) return 0;
  out->count = s->count;
  out->min = s->min;
  out->max = s->max;
  out->mean = s->sum / s->count;
  int n = s->count < WINDOW ? s->count : WINDOW;
  double sum = 0;
  for (int i = 0; i < n; i++) sum += s->window[i];
  out->recent = sum / n;
  return 1;
}

int rec_remove(const char* name) {
  Series* s = find(name);
  if (!s) return 0;
  Series** link = &head;
  while (*link != s) link = &(*link)->next;
  *link = s->next;
  free(s);
  series--;
  return 1;
}

int rec_dump(char* buffer, int size) {
  int used = 0;
  for (Series* s = head; s; s = s->next) {
    Stats stats;
    rec_stats(s->name, &stats);
    char line[512];
    int n = snprintf(line, sizeof line, "%-*s n=%d min=%.2f max=%.2f mean=%.3f%s\n", NAME - 1, s->name, stats.count,
                     stats.min, stats.max, stats.mean,
                     stats.recent > stats.mean ? " up" : stats.recent < stats.mean ? " down" : "");
    if (used + n >= size) break;
    memcpy(buffer + used, line, n);
    used += n;
  }
  if (size > 0) buffer[used] = 0;
  return used;
}
