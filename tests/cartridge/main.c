/* What it is for: tests/cartridge/__init__.py. Registers: GBATEK, "GBA I/O Map". */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

#define IO16(offset) (*(volatile u16 *)(0x04000000 + (offset)))
#define IO32(offset) (*(volatile u32 *)(0x04000000 + (offset)))
#define PALETTE ((volatile u16 *)0x05000000)
#define VRAM ((volatile u16 *)0x06000000)
#define SPRITES ((volatile u16 *)0x07000000)
#define SAVE ((volatile u8 *)0x0E000000)
#define PIN_DATA (*(volatile u16 *)0x080000C4)
#define PIN_DIRECTION (*(volatile u16 *)0x080000C6)
#define PIN_CONTROL (*(volatile u16 *)0x080000C8)
#define CODE (*(volatile u32 *)0x080000AC)

enum { KEY_A = 1, KEY_B = 2, PICTURES = 4, SPRITE_COUNT = 128 };

static volatile struct {
  u32 frames;
  u8 picture, presses, saved[8], clock[7], unused;
  u16 timer;
  u32 sum;
} *const state = (void *)0x02000000;

static u16 scroll[160]; /* of each line, copied by DMA in its blank */

static void draw_tiles(u32 seed) {
  for (u32 k = 0; k < 0x800; k++) { /* 64 tiles of 16 colours for text and affine alike */
    VRAM[k] = (u16)(k * 0x9E37 + seed * 0x1234);
    VRAM[0x8000 + k] = (u16)(k * 0x5E37 + seed * 0x4321); /* the sprites' */
  }
}

static void draw_maps(void) {
  for (u32 k = 0; k < 32 * 32; k++) VRAM[0x4000 + k] = (u16)(k & 31); /* base 16: text */
  for (u32 k = 0; k < 16 * 16 / 2; k++) VRAM[0x4800 + k] = (u16)(k * 0x0101 & 0x1F1F); /* 18 */
}

static void place_sprites(u32 count) {
  for (u32 k = 0; k < SPRITE_COUNT; k++) {
    u32 shown = k < count;
    SPRITES[4 * k + 0] = shown ? (u16)(k * 9 % 150) : 0x0200;
    SPRITES[4 * k + 1] = (u16)((k * 37 % 220) | (k & 1) << 14);
    SPRITES[4 * k + 2] = (u16)(k * 4 & 63);
  }
}

/* Pictures 0 and 1 have equal sprites with other tiles, 2 none, 3 a turned background. */
static void show(u32 picture) {
  draw_tiles(picture);
  place_sprites(picture == 2 ? 0 : 24);
  IO16(0x20) = picture == 3 ? 0x00C0 : 0x0100;
  IO16(0x22) = picture == 3 ? 0x0060 : 0x0000;
  IO16(0x24) = picture == 3 ? 0xFFA0 : 0x0000;
  IO16(0x26) = picture == 3 ? 0x00C0 : 0x0100;
  IO32(0x28) = picture << 10;
  IO32(0x2C) = picture << 9;
  IO16(0x4C) = picture == 1 ? 0x1111 : 0;
}

static void set_up(void) {
  for (u32 k = 0; k < 512; k++) PALETTE[k] = (u16)(k * 0x2F5 & 0x7FFF);
  draw_maps();
  IO16(0x08) = 16 << 8 | 2 | 0x40;          /* text, mosaic */
  IO16(0x0C) = 18 << 8 | 1 | 0x80 | 0x2040; /* affine, wraps */
  IO16(0x40) = 20 << 8 | 200;               /* window 0 */
  IO16(0x44) = 10 << 8 | 140;
  IO16(0x48) = 0x3F;
  IO16(0x4A) = 0x15;
  IO16(0x50) = 0x0450; /* the sprites shine through */
  IO16(0x52) = 0x0808;
  show(0);
  IO16(0x100) = 0x1234; /* timer 0 feeds timer 1 */
  IO16(0x102) = 0x0080;
  IO16(0x106) = 0x0084;
  IO16(0x00) = 0x3541; /* mode 1, backgrounds 0 and 2, sprites, window 0 */
}

static void write_save(u32 place, u8 value) {
  if (CODE == 0x45455042) { /* "BPEE" has flash memory: program one byte */
    SAVE[0x5555] = 0xAA;
    SAVE[0x2AAA] = 0x55;
    SAVE[0x5555] = 0xA0;
  }
  SAVE[place] = value;
}

/* The clock's serial line: pins SCK 1, SIO 2, CS 4 (GBATEK, "GBA Cart Real-Time Clock"). */
static void send(u8 value) {
  for (u32 bit = 0; bit < 8; bit++) {
    u16 level = (u16)((value >> bit & 1) << 1);
    PIN_DATA = 4 | level;
    PIN_DATA = 5 | level;
  }
}

static u8 receive(void) {
  u32 value = 0;
  for (u32 bit = 0; bit < 8; bit++) {
    PIN_DATA = 4;
    PIN_DATA = 5;
    value |= (u32)(PIN_DATA >> 1 & 1) << bit;
  }
  return (u8)value;
}

static void read_clock(void) {
  PIN_CONTROL = 1;
  PIN_DATA = 1;
  PIN_DIRECTION = 7;
  PIN_DATA = 1;
  PIN_DATA = 5;
  send(0xA6); /* read date and time; the bits come last one first */
  PIN_DIRECTION = 5;
  for (u32 k = 0; k < 7; k++) state->clock[k] = receive();
  PIN_DIRECTION = 7;
  PIN_DATA = 1;
  PIN_DATA = 0;
}

static void scroll_lines(void) {
  for (u32 line = 0; line < 160; line++) scroll[line] = (u16)((line * state->frames >> 4) & 63);
  IO16(0xBA) = 0;
  IO32(0xB0) = (u32)scroll;
  IO32(0xB4) = 0x04000010;
  IO16(0xB8) = 1;
  IO16(0xBA) = 0xA240; /* each line's blank, again */
}

int main(void) {
  u32 before = 0;
  set_up();
  for (;;) {
    while (IO16(0x06) == 160) {}
    while (IO16(0x06) != 160) {}
    u32 keys = ~IO16(0x130) & 0x3FF, pressed = keys & ~before;
    before = keys;
    state->frames++;
    if (pressed & KEY_B) {
      state->picture = (u8)((state->picture + 1) % PICTURES);
      show(state->picture);
    }
    if (pressed & KEY_A) {
      write_save(state->presses & 7, (u8)(state->presses + 0x10));
      state->presses++;
    }
    for (u32 k = 0; k < 8; k++) state->saved[k] = SAVE[k];
    read_clock();
    scroll_lines();
    state->timer = IO16(0x104);
    state->sum = state->sum * 31 + IO16(0x100) + state->saved[0];
  }
}
