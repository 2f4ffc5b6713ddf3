/* text.c: shows pages of two lines and waits for A. The visible lines are kept in game.text. */
#include "text.h"
#include "input.h"
#include "hardware.h"
#include "video.h"

static const char *const texts[TEXT_COUNT] = {
#define TEXT_STRING(id, string) string,
    TEXTS(TEXT_STRING)
#undef TEXT_STRING
};

static const char *rest;  /* what follows the visible page, 0 if nothing */
static u8 hold_open;
static u8 line, column;   /* where the next letter goes */

static void put_letter(char letter) {
    if (line < 2 && column < LINE_LENGTH) game.text[line][column++] = letter;
}

void text_new_line(void) {
    line++;
    column = 0;
}

void text_append(const char *words) {
    while (*words) put_letter(*words++);
}

void text_append_number(int value) {
    int hundreds = value / 100, tens = value / 10;
    if (hundreds) put_letter((char)('0' + hundreds % 10));
    if (tens) put_letter((char)('0' + tens - hundreds * 10));
    put_letter((char)('0' + value - tens * 10));
}

static void clear_page(void) {
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < LINE_LENGTH + 2; x++) game.text[y][x] = 0;
    line = column = 0;
    game.text_waiting = 0;
}

/* Copies one page: '\n' starts the second line, '\f' ends the page, '@' is the player's name. */
static void read_page(const char *words) {
    clear_page();
    rest = 0;
    for (; *words; words++) {
        if (*words == '\f') {
            rest = words + 1;
            return;
        }
        if (*words == '\n') text_new_line();
        else if (*words == '@') text_append(game.name);
        else put_letter(*words);
    }
}

/* The words appear at once; the arrow follows in the next frame, unless a menu holds the page. */
static void show_page(void) {
    for (int y = 0; y < 2; y++) put_text(2, TEXT_ROW + 1 + y * 2, game.text[y]);
}

static void open_window(u16 text_id) {
    game.text_id = text_id;
    game.text_open = 1;
    game.text_page = 0;
    game.text_pages = 1;
    hold_open = 0;
    draw_window(0, TEXT_ROW, SCREEN_COLUMNS, TEXT_ROWS);
}

void text_show(u16 text_id) {
    if (text_id >= TEXT_COUNT) text_id = TEXT_NONE;
    open_window(text_id);
    for (const char *c = texts[text_id]; *c; c++) game.text_pages += *c == '\f';
    read_page(texts[text_id]);
    show_page();
}

void text_begin(u16 text_id) {
    open_window(text_id);
    clear_page();
    rest = 0;
}

void text_finish(void) { show_page(); }

void text_hold(int hold) { hold_open = (u8)hold; }

void text_close(void) {
    if (!game.text_open) return;
    game.text_open = game.text_waiting = 0;
    game.text_id = TEXT_NONE;
    clear_page();
    clear_area(0, TEXT_ROW, SCREEN_COLUMNS, TEXT_ROWS);
}

int text_is_open(void) { return game.text_open; }

int text_blocks(void) { return game.text_open && !hold_open; }

int text_is_settled(void) {
    return game.text_waiting || (hold_open && !rest);
}

static void show_arrow(void) {
    put_tile(SCREEN_COLUMNS - 2, TEXT_ROW + 3, TILE_ARROW);
    game.text_waiting = 1;
}

static void turn_page(void) {
    input_used();
    if (!rest) {
        text_close();
        return;
    }
    game.text_page++;
    draw_window(0, TEXT_ROW, SCREEN_COLUMNS, TEXT_ROWS);
    read_page(rest);
    show_page();
}

void text_update(void) {
    if (!game.text_open) return;
    if (game.text_waiting && key_pressed(KEY_A)) turn_page();
    else if (!game.text_waiting && (rest || !hold_open)) show_arrow();
}
