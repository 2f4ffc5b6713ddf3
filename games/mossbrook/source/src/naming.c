/* naming.c: four rows of seven letters; the last row ends with END, two places wide. */
#include "naming.h"
#include "hardware.h"
#include "input.h"
#include "video.h"

#define COLUMNS 7
#define ROWS 4
#define END_COLUMN 5
#define END_ROW 3
#define LETTERS 26

/* Places on the screen, in tiles */
#define GRID_LEFT 6
#define GRID_TOP 9
#define CELL_WIDTH 3
#define CELL_HEIGHT 2
#define NAME_LEFT 10
#define NAME_ROW 4

static int cursor_on_end(void) {
    return game.name_row == END_ROW && game.name_column >= END_COLUMN;
}

static void put_cursor(int tile) {
    put_tile(GRID_LEFT + game.name_column * CELL_WIDTH - 1,
             GRID_TOP + game.name_row * CELL_HEIGHT, tile);
}

static void show_name(void) {
    for (int i = 0; i < MAX_NAME; i++)
        put_tile(NAME_LEFT + i, NAME_ROW,
                 game.name[i] ? FONT_BASE + game.name[i] - 32 : TILE_UNDERLINE);
}

static void show_letters(void) {
    for (int i = 0, row = 0, column = 0; i < LETTERS; i++) {
        put_tile(GRID_LEFT + column * CELL_WIDTH, GRID_TOP + row * CELL_HEIGHT,
                 FONT_BASE + 'A' - 32 + i);
        if (++column == COLUMNS) column = 0, row++;
    }
    put_text(GRID_LEFT + END_COLUMN * CELL_WIDTH, GRID_TOP + END_ROW * CELL_HEIGHT, "END");
}

void naming_start(void) {
    game.scene = SCENE_NAMING;
    game.menu_kind = MENU_NAMING;
    game.menu_count = LETTERS + 1;
    draw_window(2, 1, 26, 5);
    put_text(4, 2, "What is your name?");
    put_text(4, NAME_ROW, "NAME:");
    draw_window(2, 7, 26, 11);
    show_letters();
    show_name();
    put_cursor(TILE_CURSOR);
}

static void move_cursor(int columns, int rows) {
    int column = game.name_column + columns, row = game.name_row + rows;
    int last = row == END_ROW ? END_COLUMN : COLUMNS - 1;
    if (column < 0 || row < 0 || row >= ROWS) return;
    if (column > last) {
        if (columns) return;
        column = last;
    }
    put_cursor(TILE_FILL);
    game.name_column = (u8)column;
    game.name_row = (u8)row;
    put_cursor(TILE_CURSOR);
}

static void write_letter(void) {
    if (game.name_length >= MAX_NAME) return;
    game.name[game.name_length++] = (char)('A' + game.name_row * COLUMNS + game.name_column);
    game.name[game.name_length] = 0;
    show_name();
}

static void rub_out(void) {
    if (game.name_length == 0) return;
    game.name[--game.name_length] = 0;
    show_name();
}

int naming_ended(void) {
    if (key_pressed(KEY_UP)) move_cursor(0, -1);
    else if (key_pressed(KEY_DOWN)) move_cursor(0, 1);
    else if (key_pressed(KEY_LEFT)) move_cursor(-1, 0);
    else if (key_pressed(KEY_RIGHT)) move_cursor(1, 0);
    else if (key_pressed(KEY_B)) rub_out();
    else if (key_pressed(KEY_A) && !cursor_on_end()) write_letter();
    else if (key_pressed(KEY_A) && game.name_length > 0) {
        game.menu_kind = MENU_NONE;
        game.menu_count = 0;
        return 1;
    }
    return 0;
}
