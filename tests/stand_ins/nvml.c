/* NVIDIA's management library with one made-up GPU, for Python's bindings to call into for real.
 *
 * Signatures, structures and codes after https://docs.nvidia.com/deploy/nvml-api/ . Older drivers: with
 * -DOLD the functions that came later are not there. Build: cc -shared -fPIC -o libnvidia-ml.so.1 nvml.c
 */
#include <stdio.h>

typedef int nvmlReturn_t;
enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7 };
#define MB (1024ull * 1024ull)

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory2;
typedef struct { unsigned long long total, free, used; } Memory1;
typedef struct { unsigned gpu, memory; } Rates;
typedef struct { unsigned pid; unsigned long long used; unsigned gpuInstance, computeInstance; } Process;

static int device;

nvmlReturn_t nvmlInitWithFlags(unsigned flags) { return flags ? INVALID_ARGUMENT : SUCCESS; }
nvmlReturn_t nvmlShutdown(void) { return SUCCESS; }
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return SUCCESS; }
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    *handle = &device;
    return index ? INVALID_ARGUMENT : SUCCESS;
}
nvmlReturn_t nvmlSystemGetDriverVersion(char *text, unsigned length) {
    snprintf(text, length, "580.65");
    return SUCCESS;
}
nvmlReturn_t nvmlDeviceGetName(void *handle, char *text, unsigned length) {
    snprintf(text, length, "NVIDIA Made Up");
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetMemoryInfo(void *handle, Memory1 *memory) {
    *memory = (Memory1){24000 * MB, 23000 * MB, 1000 * MB};
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetUtilizationRates(void *handle, Rates *rates) {
    *rates = (Rates){88, 40};
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts) {
    *milliwatts = 312500;
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *degrees) {
    *degrees = 66;
    return handle == &device && sensor == 0 ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *reasons) {
    *reasons = 0x4 | 0x40; /* power cap, hardware thermal slowdown */
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *count, Process *found) {
    unsigned room = *count;
    *count = 1;
    if (room < 1) return INSUFFICIENT_SIZE;
    found[0] = (Process){7, 500 * MB, 0, 0};
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(void *handle, unsigned *count, Process *found) {
    (void)found;
    *count = 0;
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}

#ifndef OLD
nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(void *handle, Memory2 *memory) {
    if (memory->version != (sizeof *memory | 2u << 24)) return INVALID_ARGUMENT;
    *memory = (Memory2){memory->version, 24000 * MB, 400 * MB, 23000 * MB, 600 * MB};
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
    *millijoules = 9000000;
    return handle == &device ? SUCCESS : INVALID_ARGUMENT;
}
nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(void *handle, unsigned long long *reasons) {
    return nvmlDeviceGetCurrentClocksThrottleReasons(handle, reasons);
}
#else
nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(void *handle, unsigned long long *millijoules) {
    (void)handle, (void)millijoules;
    return NOT_SUPPORTED;
}
#endif
