/* screen.c: tiles, text layer, sprites and fades. Registers: GBATEK, "LCD I/O Registers".
 *
 * Layer 0 is text: tiles from 0x06008000, numbered as the letters are, map at 0x0600F800, as in
 * Emerald. Layer 1 is the map: tiles from 0x06000000, map at 0x0600F000. */
#include "toy.h"

#define VRAM(type, offset) ((volatile type *)(0x06000000 + (offset)))
#define TEXT_LAYER VRAM(u16, 0xF800)
#define MAP_LAYER VRAM(u16, 0xF000)
#define PALETTE ((volatile u16 *)0x05000000)
#define SPRITES ((volatile u16 *)0x07000000)
enum {
    TILE_PAPER = 0x194,      /* what Emerald's message window has at (2, 15) */
    TILE_EDGE = 0x195,
    TILE_CLEAR = 0x1FF,
    TEXT_PALETTE = 0xF000,
    SPRITE_HIDDEN = 0x0200,
    FADE_FRAMES = 16,
};

static void (*fade_at_black)(void);
static s8 fade_direction;
static u8 darkness;

void copy(u32 from, u32 to, u32 bytes) {
    AT(u32, 0x040000D4) = from;
    AT(u32, 0x040000D8) = to;
    AT(u32, 0x040000DC) = 0x84000000u | bytes >> 2;
}

static void fill_tile(u32 tile, u32 value) {
    for (u32 i = 0; i < 8; i++) VRAM(u32, 0x8000)[tile * 8 + i] = value;
}

void set_up_screen(void) {
    copy((u32)text_palette, (u32)PALETTE + 15 * 32, 32);
    copy((u32)sprite_palette, (u32)PALETTE + 512, 32);
    copy((u32)letter_tiles, 0x06008000, sizeof letter_tiles);
    copy((u32)sprite_tiles, 0x06010000, sizeof sprite_tiles);
    fill_tile(TILE_PAPER, 0x11111111);
    fill_tile(TILE_EDGE, 0x33333333);
    fill_tile(TILE_CLEAR, 0);
    clear_text();
    hide_people();
    AT(u16, 0x04000008) = 31 << 8 | 2 << 2;
    AT(u16, 0x0400000A) = 30 << 8 | 2;
    AT(u16, 0x04000050) = 0x00FF; /* darken everything */
    show_map(0);
}

void show_map(int shown) { AT(u16, 0x04000000) = shown ? 0x1340 : 0x0140; }

/* ---- the map layer ---- */

void load_tileset(const Tileset *tileset, u32 first_tile) {
    u32 size = tileset->secondary ? sizeof secondary_tiles : sizeof primary_tiles;
    copy((u32)tileset->tiles, 0x06000000 + first_tile * 32, size);
    copy((u32)tileset->palette, (u32)PALETTE + (tileset->secondary ? 32 : 0), 32);
}

/* The layer is 16 metatiles wide and high and shows whatever is around the player. */
void put_metatile(int x, int y, const u16 *entries) {
    for (int i = 0; i < 4; i++) {
        int column = (x * 2 + (i & 1)) & 31, row = (y * 2 + (i >> 1)) & 31;
        MAP_LAYER[row * 32 + column] = entries[i];
    }
}

void scroll_to(int x, int y) {
    AT(u16, 0x04000014) = (u16)(x & 511);
    AT(u16, 0x04000016) = (u16)(y & 511);
}

/* ---- sprites ---- */

void show_person(int slot, int x, int y, int graphics, int facing) {
    int seen = x > -16 && y > -16 && x < 240 && y < 160;
    SPRITES[slot * 4] = seen ? (u16)(y & 255) : SPRITE_HIDDEN;
    SPRITES[slot * 4 + 1] = (u16)(0x4000 | (x & 511)); /* 16 x 16 */
    SPRITES[slot * 4 + 2] = (u16)(0x0400 | (graphics * 16 + (facing - SOUTH) * 4));
}

void hide_people(void) {
    for (int i = 0; i < 128; i++) SPRITES[i * 4] = SPRITE_HIDDEN;
}

/* ---- the text layer ---- */

static void put_tile(int column, int row, u32 tile) {
    TEXT_LAYER[row * 32 + column] = (u16)(tile == TILE_CLEAR ? TILE_CLEAR : TEXT_PALETTE | tile);
}

void clear_window(int column, int row, int width, int height) {
    for (int y = row; y < row + height; y++)
        for (int x = column; x < column + width; x++) put_tile(x, y, TILE_CLEAR);
}

void clear_text(void) { clear_window(0, 0, 32, 32); }

/* Paper of that size, and an edge around it. */
void draw_window(int column, int row, int width, int height) {
    for (int y = -1; y <= height; y++)
        for (int x = -1; x <= width; x++) {
            int inside = x >= 0 && y >= 0 && x < width && y < height;
            put_tile(column + x, row + y, inside ? TILE_PAPER : TILE_EDGE);
        }
}

void put_letter(int column, int row, u8 letter) {
    put_tile(column, row, letter ? letter : TILE_PAPER);
}

void put_letters(int column, int row, const u8 *text) {
    for (; *text != LETTER_END; text++, column++) put_letter(column, row, *text);
}

/* ---- fades ---- */

void fade_through(void (*at_black)(void)) {
    fade_at_black = at_black;
    fade_direction = 1;
    FADE |= FADE_ACTIVE;
}

int update_fade(void) {
    if (!fade_direction) return 0;
    darkness = (u8)(darkness + fade_direction);
    AT(u16, 0x04000054) = darkness;
    if (darkness == FADE_FRAMES) {
        fade_at_black();
        fade_direction = -1;
    } else if (darkness == 0) {
        fade_direction = 0;
        FADE &= (u8)~FADE_ACTIVE;
    }
    return 1;
}
