/* menu.c: the four list menus: yes or no, the bag of three, the battle's two. */
#include "menu.h"
#include "creatures.h"
#include "hardware.h"
#include "input.h"
#include "text.h"
#include "video.h"

typedef struct {
    u8 column, row, width, height; /* window, in tiles */
    u8 count, spacing;             /* items, rows from one to the next */
    u8 may_cancel;
} MenuLayout;

static const MenuLayout layouts[MENU_KIND_COUNT] = {
    [MENU_YES_NO] = {22, 10, 8, 5, 2, 2, 1},
    [MENU_STARTER] = {0, 0, 19, 7, 3, 2, 1},
    [MENU_BATTLE] = {18, 13, 12, 7, 3, 2, 0},
    [MENU_MOVES] = {0, 11, 30, 9, 4, 2, 1},
};

/* The panel beside the bag's list, with the picture of the creature under the cursor */
#define PANEL_COLUMN 20
#define PANEL_ROW 0
#define PANEL_SIDE 10
#define PICTURE_X (PANEL_COLUMN * 8 + 8)
#define PICTURE_Y (PANEL_ROW * 8 + 8)

static u8 result;

static const MenuLayout *layout(void) { return &layouts[game.menu_kind]; }

int menu_is_open(void) { return game.menu_kind != MENU_NONE; }

int menu_result(void) { return result; }

static void put_move(int column, int row, const Move *move) {
    put_text(column, row, move->name);
    put_text(column + 12, row, move->accuracy && move == &moves[MOVE_MEND] ? "HEAL" : "HITS");
    put_number(column + 16, row, move->power, 3);
    put_number(column + 20, row, move->accuracy, 3);
    put_text(column + 23, row, "%");
}

static void put_starter(int column, int row, const Species *starter) {
    put_text(column, row, starter->name);
    put_text(column + 10, row, kind_names[starter->kind & 3]);
}

static void put_item(int item, int column, int row) {
    static const char *const answers[] = {"YES", "NO"};
    switch (game.menu_kind) {
    case MENU_YES_NO: put_text(column, row, answers[item & 1]); break;
    case MENU_STARTER: put_starter(column, row, &species[CRE_MOSSNAIL + item]); break;
    case MENU_MOVES: put_move(column, row, &moves[game.party.moves[item & 3] % MOVE_COUNT]); break;
    case MENU_BATTLE:
        put_text(column, row, item == 0 ? "FIGHT" : item == 1 ? "BERRY x" : "RUN");
        if (item == 1) put_number(column + 7, row, game.items, 1);
        break;
    }
}

static void show_starter(int item) {
    int id = CRE_MOSSNAIL + item;
    draw_window(PANEL_COLUMN, PANEL_ROW, PANEL_SIDE, PANEL_SIDE);
    load_picture(SPRITE_PICTURE_A, id);
    show_picture(SPRITE_PICTURE_A, PICTURE_X, PICTURE_Y, PICTURE_ABOVE_WINDOWS);
}

static void put_cursor(int tile) {
    put_tile(layout()->column + 1, layout()->row + 1 + game.menu_cursor * layout()->spacing, tile);
}

void menu_open(u8 kind, u8 cursor) {
    game.menu_kind = kind;
    game.menu_count = layout()->count;
    game.menu_cursor = cursor < game.menu_count ? cursor : 0;
    draw_window(layout()->column, layout()->row, layout()->width, layout()->height);
    for (int i = 0; i < game.menu_count; i++)
        put_item(i, layout()->column + 3, layout()->row + 1 + i * layout()->spacing);
    put_cursor(TILE_CURSOR);
    if (kind == MENU_STARTER) show_starter(game.menu_cursor);
}

void menu_close(void) {
    if (!menu_is_open()) return;
    clear_area(layout()->column, layout()->row, layout()->width, layout()->height);
    game.menu_kind = MENU_NONE;
    game.menu_count = game.menu_cursor = 0;
}

static void move_cursor(int by) {
    int cursor = game.menu_cursor + by;
    if (cursor < 0 || cursor >= game.menu_count) return;
    put_cursor(TILE_FILL);
    game.menu_cursor = (u8)cursor;
    put_cursor(TILE_CURSOR);
    if (game.menu_kind == MENU_STARTER) show_starter(cursor);
}

static void choose(u8 chosen) {
    result = chosen;
    input_used();
    menu_close();
}

void menu_update(void) {
    if (key_pressed(KEY_DOWN)) move_cursor(1);
    else if (key_pressed(KEY_UP)) move_cursor(-1);
    else if (key_pressed(KEY_A)) choose(game.menu_cursor);
    else if (key_pressed(KEY_B) && layout()->may_cancel) choose(MENU_CANCELLED);
}
