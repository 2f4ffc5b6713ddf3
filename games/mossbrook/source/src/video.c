/* video.c: tiles, text layer, sprites and fades. See hardware.h for the layout of video memory. */
#include "video.h"
#include "hardware.h"

#define OBJ_HIDDEN 0x0200    /* OAM attribute 0: OBJ disable */
#define OBJ_256_COLOURS 0x2000
#define OBJ_SIZE_16 0x4000   /* attribute 1 */
#define OBJ_SIZE_64 0xC000
#define OBJ_FLIP 0x1000      /* left to right */
#define OBJ_PRIORITY(n) ((n) << 10) /* attribute 2 */

/* Sprite tiles are numbered in units of 32 bytes. */
#define PERSON_UNITS 64      /* 8 frames of 16x16 pixels */
#define FRAME_UNITS 8
#define PICTURE_UNITS 128    /* 64x64 pixels */
#define FIRST_PICTURE_UNIT (PERSON_UNITS * (MAX_NPCS + 1))

#define EMPTY_TILE 719       /* of the map tiles: see-through, so black */
#define LAST_TEXT_TILE 351   /* the text layer's entries follow */
#define FADE_STEP 2          /* of 16 levels a frame: 8 frames each way */
#define BLACK 16

_Static_assert(UI_BASE + UI_COUNT - 1 <= LAST_TEXT_TILE, "too many window pieces");

static void (*fade_at_black)(void);
static s8 fade_direction;
static u16 scroll_x, scroll_y;
static u16 text_tiles;   /* how many entries of the text layer show something */
static u16 shown_layers;

void copy_words(const void *from, u32 to, u32 bytes) {
    REG_DMA3SAD = (u32)from;
    REG_DMA3DAD = to;
    REG_DMA3CNT = DMA_START_32BIT | (bytes >> 2);
}

void video_init(void) {
    copy_words(bg_palette, (u32)PALETTE_BG, 512);
    copy_words(obj_palette, (u32)PALETTE_OBJ, 512);
    for (int i = 0; i < 16; i++) REG32(VRAM_TEXT_TILES + TILE_CLEAR * 64 + i * 4) = 0;
    copy_words(font_tiles, VRAM_TEXT_TILES + FONT_BASE * 64, FONT_LETTERS * 64);
    copy_words(ui_tiles, VRAM_TEXT_TILES + UI_BASE * 64, UI_COUNT * 64);
    for (int i = 0; i < 128; i++) OAM[i * 4] = OBJ_HIDDEN;
    clear_map_layer();
    for (int i = 0; i < 32 * 32; i++) VRAM_TEXT_LAYER[i] = TILE_CLEAR;
    REG_BG0CNT = BGCNT_PRIORITY(0) | BGCNT_TILES(2) | BGCNT_256_COLOURS | BGCNT_MAP(TEXT_LAYER_BLOCK);
    REG_BG1CNT = BGCNT_PRIORITY(2) | BGCNT_TILES(0) | BGCNT_256_COLOURS | BGCNT_MAP(MAP_LAYER_BLOCK) |
                 BGCNT_64X64;
    REG_BLDCNT = BLDCNT_DARKEN_ALL;
    REG_BLDY = BLACK;
    game.fade = BLACK;
    video_update();
}

/* ---- the map layer ---- */

void clear_map_layer(void) {
    for (int i = 0; i < 16; i++) REG32(VRAM_MAP_TILES + EMPTY_TILE * 64 + i * 4) = 0;
    for (int i = 0; i < 64 * 64; i++) VRAM_MAP_LAYER[i] = EMPTY_TILE;
}

void draw_screen(const u16 *entry, const u8 *tiles, u32 n_tiles) {
    clear_map_layer();
    copy_words(tiles, VRAM_MAP_TILES, (n_tiles < EMPTY_TILE ? n_tiles : EMPTY_TILE) * 64);
    for (int row = 0; row < SCREEN_ROWS; row++)
        for (int column = 0; column < SCREEN_COLUMNS; column++)
            VRAM_MAP_LAYER[row * 32 + column] = *entry++;
    scroll_to(0, 0);
}

void load_map_tiles(const Map *map) {
    u32 n_tiles = map->n_tiles < EMPTY_TILE ? map->n_tiles : EMPTY_TILE;
    copy_words(map->tiles, VRAM_MAP_TILES, n_tiles * 64);
}

/* The 64x64 entries are four blocks of 32x32 (GBATEK, "LCD VRAM BG Screen Data Format"). */
static void put_map_entry(int column, int row, u16 entry) {
    int block = (column >> 5) + (row >> 5) * 2;
    VRAM_MAP_LAYER[block * 1024 + (row & 31) * 32 + (column & 31)] = entry;
}

void put_metatile(int x, int y, int metatile) {
    const u16 *tile = metatiles[metatile];
    put_map_entry(x * 2, y * 2, tile[0]);
    put_map_entry(x * 2 + 1, y * 2, tile[1]);
    put_map_entry(x * 2, y * 2 + 1, tile[2]);
    put_map_entry(x * 2 + 1, y * 2 + 1, tile[3]);
}

void scroll_to(int x, int y) {
    u16 new_x = (u16)(x & 511), new_y = (u16)(y & 511);
    if (new_x != scroll_x) REG_BG1HOFS = scroll_x = new_x;
    if (new_y != scroll_y) REG_BG1VOFS = scroll_y = new_y;
}

/* ---- the text layer ---- */

void put_tile(int column, int row, int tile) {
    if (column < 0 || row < 0 || column >= SCREEN_COLUMNS || row >= SCREEN_ROWS) return;
    volatile u16 *entry = &VRAM_TEXT_LAYER[row * 32 + column];
    if (*entry == tile) return;
    text_tiles += (tile != TILE_CLEAR) - (*entry != TILE_CLEAR);
    *entry = (u16)tile;
}

void video_update(void) {
    u16 layers = (u16)(DISPCNT_BG1 | DISPCNT_OBJ | DISPCNT_OBJ_1D | (text_tiles ? DISPCNT_BG0 : 0));
    if (layers != shown_layers) REG_DISPCNT = shown_layers = layers;
}

void put_text(int column, int row, const char *text) {
    for (; *text; text++, column++) {
        int letter = (*text >= 32 && *text < 127) ? *text : '?';
        put_tile(column, row, FONT_BASE + letter - 32);
    }
}

void put_number(int column, int row, int value, int width) {
    for (int i = width - 1; i >= 0; i--) {
        int rest = value / 10;
        int blank = value == 0 && i < width - 1;
        put_tile(column + i, row, FONT_BASE + (blank ? 0 : '0' - 32 + value - rest * 10));
        value = rest;
    }
}

void put_bar(int column, int row, int value, int maximum) {
    int pixels = maximum ? value * (BAR_TILES * 8) / maximum : 0;
    if (pixels == 0 && value > 0) pixels = 1; /* a living creature's bar is never empty */
    int piece = value * 2 > maximum ? TILE_BAR_GREEN
              : value * 4 > maximum ? TILE_BAR_YELLOW : TILE_BAR_RED;
    put_tile(column++, row, TILE_BAR_LEFT);
    for (int i = 0; i < BAR_TILES; i++, pixels -= 8)
        put_tile(column++, row, piece + (pixels < 0 ? 0 : pixels > 8 ? 8 : pixels));
    put_tile(column, row, TILE_BAR_RIGHT);
}

void draw_window(int column, int row, int width, int height) {
    for (int y = 0; y < height; y++) {
        int edge_y = y == 0 ? 0 : y == height - 1 ? 2 : 1;
        for (int x = 0; x < width; x++) {
            int edge_x = x == 0 ? 0 : x == width - 1 ? 2 : 1;
            put_tile(column + x, row + y, TILE_WINDOW + edge_y * 3 + edge_x);
        }
    }
}

void clear_area(int column, int row, int width, int height) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) put_tile(column + x, row + y, TILE_CLEAR);
}

void clear_text_layer(void) { clear_area(0, 0, SCREEN_COLUMNS, SCREEN_ROWS); }

/* ---- sprites ---- */

static void set_sprite(int slot, u16 attribute0, u16 attribute1, u16 attribute2) {
    volatile u16 *sprite = &OAM[slot * 4];
    if (sprite[0] != attribute0) sprite[0] = attribute0;
    if (sprite[1] != attribute1) sprite[1] = attribute1;
    if (sprite[2] != attribute2) sprite[2] = attribute2;
}

void hide_sprite(int slot) {
    if (OAM[slot * 4] != OBJ_HIDDEN) OAM[slot * 4] = OBJ_HIDDEN;
}

void hide_sprites(void) {
    for (int slot = 0; slot < SPRITE_SLOTS; slot++) hide_sprite(slot);
}

void load_person(int slot, int sprite) {
    if (sprite >= SPR_COUNT) sprite = 0;
    copy_words(obj_tiles + sprite * PERSON_UNITS * 32,
               VRAM_OBJ_TILES + (u32)slot * PERSON_UNITS * 32, PERSON_UNITS * 32);
}

void show_person(int slot, int x, int y, int facing, int step) {
    if (x <= -16 || y <= -16 || x >= 240 || y >= 160) {
        hide_sprite(slot);
        return;
    }
    int unit = slot * PERSON_UNITS + ((facing & 3) * 2 + (step & 1)) * FRAME_UNITS;
    set_sprite(slot, (u16)((y & 255) | OBJ_256_COLOURS), (u16)((x & 511) | OBJ_SIZE_16),
               (u16)(unit | OBJ_PRIORITY(1)));
}

static int picture_unit(int slot) {
    return FIRST_PICTURE_UNIT + (slot - SPRITE_PICTURE_A) * PICTURE_UNITS;
}

void load_picture(int slot, int creature) {
    const u8 *picture = creature < CRE_COUNT ? creature_tiles[creature] : portrait_tiles;
    copy_words(picture, VRAM_OBJ_TILES + (u32)picture_unit(slot) * 32,
               PICTURE_UNITS * 32);
}

void show_picture(int slot, int x, int y, int style) {
    set_sprite(slot, (u16)((y & 255) | OBJ_256_COLOURS), (u16)((x & 511) | OBJ_SIZE_64 | (style & PICTURE_MIRRORED ? OBJ_FLIP : 0)),
               (u16)(picture_unit(slot) | OBJ_PRIORITY(style & PICTURE_ABOVE_WINDOWS ? 0 : 1)));
}

/* ---- fades ---- */

static void set_fade(int level) {
    if (game.fade == level) return;
    game.fade = (u8)level;
    REG_BLDCNT = level ? BLDCNT_DARKEN_ALL : 0;
    REG_BLDY = (u16)level;
}

void fade_through(void (*at_black)(void)) {
    if (fade_direction) return;
    fade_at_black = at_black;
    fade_direction = 1;
}

int fade_running(void) { return fade_direction != 0; }

void fade_update(void) {
    if (fade_direction > 0) {
        if (game.fade < BLACK) {
            set_fade(game.fade + FADE_STEP);
        } else {
            if (fade_at_black) fade_at_black();
            fade_at_black = 0;
            fade_direction = -1;
        }
    } else if (fade_direction < 0) {
        set_fade(game.fade - FADE_STEP);
        if (game.fade == 0) fade_direction = 0;
    }
}
