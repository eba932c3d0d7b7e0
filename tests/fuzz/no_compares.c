/* Preloaded before libFuzzer, these take the place of its hooks for comparisons.
 * Without them nothing is learned from constants compared with, and more inputs are
 * tried in the same time: guided.py does one round with them, the next without. */
#include <stdint.h>

void __sanitizer_cov_trace_cmp1(uint8_t one, uint8_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_cmp2(uint16_t one, uint16_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_cmp4(uint32_t one, uint32_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_cmp8(uint64_t one, uint64_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_const_cmp1(uint8_t one, uint8_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_const_cmp2(uint16_t one, uint16_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_const_cmp4(uint32_t one, uint32_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_const_cmp8(uint64_t one, uint64_t other) { (void)one; (void)other; }
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases) { (void)value; (void)cases; }
void __sanitizer_cov_trace_div4(uint32_t value) { (void)value; }
void __sanitizer_cov_trace_div8(uint64_t value) { (void)value; }
void __sanitizer_cov_trace_gep(uintptr_t index) { (void)index; }
void __sanitizer_cov_trace_pc_indir(uintptr_t callee) { (void)callee; }
