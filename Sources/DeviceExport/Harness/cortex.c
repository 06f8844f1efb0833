/* Start-up of an emulated Cortex-M board whose output goes to the host. */
#include <stdint.h>

extern uint32_t __stack, __bss_start__, __bss_end__;
extern int main(void);
extern void exit(int code);
extern void initialise_monitor_handles(void);
void reset(void);
void _init(void);
void _fini(void);

void reset(void) {
  /* Lets the program use the coprocessors 10 and 11, the floating-point unit, where there are any. */
  *(volatile uint32_t *)0xe000ed88u |= 0xf00000u;
  for (uint32_t *word = &__bss_start__; word < &__bss_end__; word++) *word = 0;
  initialise_monitor_handles();
  exit(main());
}

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {&__stack, (void *)reset};

void _init(void) {}
void _fini(void) {}
