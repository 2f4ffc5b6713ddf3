/* hardware.h: the GBA registers this game uses, under GBATEK's names. */
#ifndef HARDWARE_H
#define HARDWARE_H

#include "state.h"

#define REG16(address) (*(volatile u16 *)(address))
#define REG32(address) (*(volatile u32 *)(address))

/* LCD I/O registers (GBATEK, "LCD I/O Registers") */
#define REG_DISPCNT REG16(0x04000000)
#define REG_DISPSTAT REG16(0x04000004)
#define REG_BG0CNT REG16(0x04000008)
#define REG_BG1CNT REG16(0x0400000A)
#define REG_BG1HOFS REG16(0x04000014)
#define REG_BG1VOFS REG16(0x04000016)
#define REG_BLDCNT REG16(0x04000050)
#define REG_BLDY REG16(0x04000054)

#define DISPCNT_BG0 0x0100
#define DISPCNT_BG1 0x0200
#define DISPCNT_OBJ 0x1000
#define DISPCNT_OBJ_1D 0x0040
#define BGCNT_256_COLOURS 0x0080
#define BGCNT_PRIORITY(n) (n)
#define BGCNT_TILES(block) ((block) << 2)   /* 16 KiB blocks */
#define BGCNT_MAP(block) ((block) << 8)     /* 2 KiB blocks */
#define BGCNT_64X64 0xC000
#define BLDCNT_DARKEN_ALL 0x00FF

/* DMA channel 3 (GBATEK, "GBA DMA Transfers") */
#define REG_DMA3SAD REG32(0x040000D4)
#define REG_DMA3DAD REG32(0x040000D8)
#define REG_DMA3CNT REG32(0x040000DC)
#define DMA_START_32BIT 0x84000000u

/* Keys and interrupts (GBATEK, "GBA Keypad Input", "GBA Interrupt Control") */
#define REG_KEYINPUT REG16(0x04000130)
#define REG_IE REG16(0x04000200)
#define REG_IME REG16(0x04000208)
#define INTERRUPT_VECTOR REG32(0x03007FFC)

#define KEY_A 0x001
#define KEY_B 0x002
#define KEY_START 0x008
#define KEY_RIGHT 0x010
#define KEY_LEFT 0x020
#define KEY_UP 0x040
#define KEY_DOWN 0x080
#define KEY_ANY_DIRECTION 0x0F0

/* Video memory (GBATEK, "LCD VRAM Overview") and how it is shared out here:
 *   0x06000000  map tiles of BG1, up to 719 of 64 bytes, then an empty one
 *   0x0600B400  font and window tiles, up to 144: BG0 counts them from 0x06008000, so from 208
 *   0x0600D800  text layer BG0: 32x32 entries (block 27)
 *   0x0600E000  map layer BG1: 64x64 entries in four blocks of 32x32 (28 to 31)
 *   0x06010000  sprite tiles, 32 KiB */
#define PALETTE_BG ((volatile u16 *)0x05000000)
#define PALETTE_OBJ ((volatile u16 *)0x05000200)
#define VRAM_MAP_TILES 0x06000000
#define VRAM_TEXT_TILES 0x06008000
#define VRAM_TEXT_LAYER ((volatile u16 *)0x0600D800)
#define TEXT_LAYER_BLOCK 27
#define VRAM_MAP_LAYER ((volatile u16 *)0x0600E000)
#define MAP_LAYER_BLOCK 28
#define VRAM_OBJ_TILES 0x06010000
#define OAM ((volatile u16 *)0x07000000)

#endif
