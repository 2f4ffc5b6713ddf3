@ crt0.s: cartridge header, start-up and the interrupt handler.
@
@ Header layout: GBATEK, "GBA Cartridge Header". The picture at 0x04 is left empty: emulators that
@ start without a BIOS image do not look at it. The checksum at 0xBD is filled in by build.py.
.section .text.start,"ax"
.arm
.global _start
_start:
  b start                       @ 0x00 the first instruction
  .space 156                    @ 0x04 picture, left empty
  .ascii "MOSSBROOK\0\0\0"      @ 0xA0 title, 12 bytes
  .ascii "ZMBE"                 @ 0xAC game code: Z, so that no emulator takes it for another game
  .ascii "00"                   @ 0xB0 maker code
  .byte 0x96                    @ 0xB2 fixed value
  .space 13                     @ 0xB3 unit, device, reserved, version, checksum, reserved

start:
  ldr sp, =0x03007F00           @ user stack, below the BIOS's own
  ldr r0, =__bss_start
  ldr r1, =__bss_end
  mov r2, #0
clear:
  cmp r0, r1
  strlo r2, [r0], #4
  blo clear
  ldr r0, =main
  mov lr, pc
  bx r0
hang:
  b hang
.pool

@ Called by the BIOS in ARM state. Acknowledges the interrupt to the hardware (REG_IF) and to the
@ BIOS's own flags at 0x03007FF8, which VBlankIntrWait (swi 5) waits for.
.arm
.global interrupt_handler
interrupt_handler:
  mov r3, #0x04000000
  add r3, r3, #0x200
  ldrh r0, [r3, #2]
  strh r0, [r3, #2]
  ldr r1, =0x03007FF8
  ldrh r2, [r1]
  orr r2, r2, r0
  strh r2, [r1]
  bx lr
.pool

@ The processor has no division. The compiler asks for these helpers (Arm's "Run-time ABI", 4.3.1)
@ and the BIOS has one that fits all of them: call 6, Div, takes r0 and r1 and returns the quotient
@ in r0 and the rest in r1. All our numbers are below 2^31.
.thumb
.global __aeabi_idiv, __aeabi_idivmod, __aeabi_uidiv, __aeabi_uidivmod
.type __aeabi_idiv, %function
.type __aeabi_idivmod, %function
.type __aeabi_uidiv, %function
.type __aeabi_uidivmod, %function
.thumb_func
__aeabi_idiv:
.thumb_func
__aeabi_idivmod:
.thumb_func
__aeabi_uidiv:
.thumb_func
__aeabi_uidivmod:
  swi 6
  bx lr
