/* video.h: screen output. Every function writes to video memory only what has changed: the emulator
 * then need not draw unchanged lines again, which is most of its work. */
#ifndef VIDEO_H
#define VIDEO_H

#include "assets.h"
#include "state.h"

/* Tiles of the text layer: one see-through, then the letters, then the window's pieces. */
#define TILE_CLEAR 208
#define FONT_BASE (TILE_CLEAR + 1)
#define FONT_LETTERS 95
#define UI_BASE (FONT_BASE + FONT_LETTERS)
#define TILE_WINDOW (UI_BASE + UI_WINDOW_TL) /* nine pieces, row by row */
#define TILE_FILL (UI_BASE + UI_WINDOW_FILL)
#define TILE_CURSOR (UI_BASE + UI_CURSOR)
#define TILE_ARROW (UI_BASE + UI_ARROW)
#define TILE_UNDERLINE (UI_BASE + UI_UNDERLINE)
#define TILE_BAR_LEFT (UI_BASE + UI_BAR_LEFT)
#define TILE_BAR_RIGHT (UI_BASE + UI_BAR_RIGHT)
#define TILE_BAR_GREEN (UI_BASE + UI_BAR_0) /* nine pieces: 0 to 8 pixels filled */
#define TILE_BAR_YELLOW (UI_BASE + UI_BAR_YELLOW_0)
#define TILE_BAR_RED (UI_BASE + UI_BAR_RED_0)

#define SCREEN_COLUMNS 30
#define SCREEN_ROWS 20

/* Sprite slots. People: 0 is the player, 1 to MAX_NPCS the others. */
#define SPRITE_PLAYER 0
#define SPRITE_PICTURE_A 9 /* 64x64 pictures */
#define SPRITE_PICTURE_B 10
#define SPRITE_SLOTS 11
#define PICTURE_PROFESSOR CRE_COUNT

void video_init(void);
void video_update(void); /* once a frame: switches the text layer off while it is empty */
void copy_words(const void *from, u32 to, u32 bytes); /* by DMA; bytes a multiple of 4 */

/* The layer below: a map or a full picture */
void draw_screen(const u16 *entries, const u8 *tiles, u32 n_tiles); /* 30x20 entries */
void load_map_tiles(const Map *map);
void clear_map_layer(void);
void put_metatile(int x, int y, int metatile);
void scroll_to(int x, int y);

/* The layer above: text and windows, in units of 8x8 tiles */
void put_tile(int column, int row, int tile);
void put_text(int column, int row, const char *text);
void put_number(int column, int row, int value, int width); /* right-aligned, 0 to 999 */
void put_bar(int column, int row, int value, int maximum);  /* BAR_TILES + 2 wide */
void draw_window(int column, int row, int width, int height);
void clear_area(int column, int row, int width, int height);
void clear_text_layer(void);

#define BAR_TILES 6

/* Sprites */
void load_person(int slot, int sprite);
void show_person(int slot, int x, int y, int facing, int step);
void load_picture(int slot, int creature); /* or PICTURE_PROFESSOR */
enum PictureStyle { PICTURE_ABOVE_WINDOWS = 1, PICTURE_MIRRORED = 2 };
void show_picture(int slot, int x, int y, int style);
void hide_sprite(int slot);
void hide_sprites(void);

/* Darkening to black, calling `at_black` there, and brightening again: 8 frames each way */
void fade_through(void (*at_black)(void));
void fade_update(void);
int fade_running(void);

#endif
