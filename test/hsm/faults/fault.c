/*
 * A PKCS#11 module for tests that forwards every call to a real module and misbehaves where a control file says so.
 *
 * Environment:
 *   CONCLAVE_FAULTS_MODULE   path of the real module (required)
 *   CONCLAVE_FAULTS_CONTROL  path of the control file, read anew at each call; missing or empty means no fault
 *   CONCLAVE_FAULTS_LOG      path of the call log; `> C_Name` when a call comes in, `< C_Name 0xRV` when it goes out
 *
 * Control file, one rule a line, the first that matches a call decides:
 *   C_Function|*  RV|abort  [after=N] [times=N] [delay=MS] [call=0|1] [serial=TEXT]
 *
 *   RV       the value to return, decimal or 0x hex; 0 is CKR_OK
 *   abort    abort() inside the call, as a crashing vendor library does
 *   after=N  the first N calls that match pass unharmed
 *   times=N  only N calls are harmed; without it all are
 *   delay=MS wait before anything else happens
 *   call=1   the real function IS called and the result hidden behind RV: done, but reported as failed
 *   call=0   the real function is NOT called: with RV 0, reported as done, but not done
 *            (default: called when RV is 0, not called otherwise)
 *   serial=TEXT  C_GetTokenInfo gives every token this serial number
 *
 * Counters belong to the text of a rule; a rule that is removed and written again goes on counting where it stopped.
 * C_GetFunctionList always works. Not for several threads: the HSM host calls one function at a time.
 *
 * The wrappers in wrappers.inc, all but those written out below, are generated from the header that the binding is compiled with (build.ts).
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pkcs11/pkcs11.h>

#define MAX_RULES 64
#define MAX_LINE 200

static CK_FUNCTION_LIST_PTR real;

static struct {
  char line[MAX_LINE];
  long seen;
  long harmed;
} counters[MAX_RULES];

struct verdict {
  int harm;
  int call;
  CK_RV rv;
  char serial[17];
};

static void note(const char *mark, const char *name, const CK_RV *rv) {
  const char *path = getenv("CONCLAVE_FAULTS_LOG");
  FILE *log = path ? fopen(path, "a") : NULL;
  if (!log) return;
  if (rv) fprintf(log, "%s %s 0x%lx\n", mark, name, *rv);
  else fprintf(log, "%s %s\n", mark, name);
  fclose(log);
}

static int counter_of(const char *line) {
  for (int i = 0; i < MAX_RULES; i++) {
    if (counters[i].line[0] == '\0') strncpy(counters[i].line, line, MAX_LINE - 1);
    if (strcmp(counters[i].line, line) == 0) return i;
  }
  fprintf(stderr, "fault module: too many rules\n");
  exit(70);
}

static void wait_ms(long ms) {
  struct timespec time = {ms / 1000, (ms % 1000) * 1000000L};
  nanosleep(&time, NULL);
}

/* Applies the rule in `line` if it is for `name`; returns whether it decided. */
static int apply(const char *line, const char *name, struct verdict *verdict) {
  char copy[MAX_LINE];
  strncpy(copy, line, MAX_LINE - 1);
  copy[MAX_LINE - 1] = '\0';
  char *function = strtok(copy, " \t");
  char *value = strtok(NULL, " \t");
  if (!function || function[0] == '#' || !value) return 0;
  if (strcmp(function, "*") != 0 && strcmp(function, name) != 0) return 0;

  long after = 0, times = -1, delay = 0, call = -1;
  char serial[17] = "";
  for (char *option; (option = strtok(NULL, " \t"));) {
    if (sscanf(option, "after=%ld", &after) == 1) continue;
    if (sscanf(option, "times=%ld", &times) == 1) continue;
    if (sscanf(option, "delay=%ld", &delay) == 1) continue;
    if (sscanf(option, "call=%ld", &call) == 1) continue;
    if (sscanf(option, "serial=%16s", serial) == 1) continue;
    fprintf(stderr, "fault module: cannot read \"%s\"\n", line);
    exit(70);
  }

  int at = counter_of(line);
  counters[at].seen++;
  if (counters[at].seen <= after) return 0;
  if (times >= 0 && counters[at].harmed >= times) return 0;
  counters[at].harmed++;

  if (delay > 0) wait_ms(delay);
  if (strcmp(value, "abort") == 0) abort();
  verdict->harm = 1;
  verdict->rv = strtoul(value, NULL, 0);
  memcpy(verdict->serial, serial, sizeof serial);
  verdict->call = call >= 0 ? (int)call : verdict->rv == CKR_OK;
  return 1;
}

static struct verdict enter(const char *name) {
  struct verdict verdict = {0, 1, CKR_OK, ""};
  note(">", name, NULL);
  const char *path = getenv("CONCLAVE_FAULTS_CONTROL");
  FILE *control = path ? fopen(path, "r") : NULL;
  if (!control) return verdict;
  char line[MAX_LINE];
  while (fgets(line, sizeof line, control)) {
    line[strcspn(line, "\r\n")] = '\0';
    if (apply(line, name, &verdict)) break;
  }
  fclose(control);
  return verdict;
}

static CK_RV leave(const char *name, const struct verdict *verdict, CK_RV rv) {
  /* A harmful rule with RV 0 still lets the real function's own failure through when it was called. */
  CK_RV out = verdict->harm && verdict->rv != CKR_OK ? verdict->rv : rv;
  note("<", name, &out);
  return out;
}

#define FORWARD(function, arguments)                                                              \
  struct verdict verdict = enter(#function);                                                      \
  CK_RV rv = CKR_OK;                                                                              \
  if (verdict.call) rv = real->function ? real->function arguments : CKR_FUNCTION_NOT_SUPPORTED; \
  return leave(#function, &verdict, rv);

static CK_RV wrap_C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO_PTR pInfo) {
  struct verdict verdict = enter("C_GetTokenInfo");
  CK_RV rv = verdict.call ? real->C_GetTokenInfo(slotID, pInfo) : CKR_OK;
  size_t length = strlen(verdict.serial);
  if (length > 0 && rv == CKR_OK) {
    memset(pInfo->serialNumber, ' ', sizeof pInfo->serialNumber);
    memcpy(pInfo->serialNumber, verdict.serial, length);
  }
  return leave("C_GetTokenInfo", &verdict, rv);
}

#include "wrappers.inc"

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out) {
  if (!real) {
    const char *path = getenv("CONCLAVE_FAULTS_MODULE");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get = library ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
    if (!get) return CKR_GENERAL_ERROR;
    CK_RV rv = get(&real);
    if (rv != CKR_OK) return rv;
    wrappers.version = real->version;
  }
  *out = &wrappers;
  return CKR_OK;
}
