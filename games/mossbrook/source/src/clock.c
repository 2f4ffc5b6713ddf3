/* clock.c: the window in which the clock on the wall is set. */
#include "hardware.h"
#include "input.h"
#include "map.h"
#include "menu.h"
#include "scenes.h"
#include "text.h"
#include "video.h"

#define LEFT 8
#define TOP 2
#define TIME_ROW (TOP + 4)
#define MINUTE_STEP 5

enum ClockField { FIELD_HOUR, FIELD_MINUTE };

static void put_two_digits(int column, int value) {
    put_number(column, TIME_ROW, value, 2);
    if (value < 10) put_text(column, TIME_ROW, "0");
}

static void show_time(void) {
    put_two_digits(LEFT + 4, game.clock_hour);
    put_text(LEFT + 6, TIME_ROW, " : ");
    put_two_digits(LEFT + 9, game.clock_minute);
    put_tile(LEFT + 3, TIME_ROW, game.clock_field == FIELD_HOUR ? TILE_CURSOR : TILE_FILL);
    put_tile(LEFT + 8, TIME_ROW, game.clock_field == FIELD_HOUR ? TILE_FILL : TILE_CURSOR);
}

void clock_open(void) {
    game.scene = SCENE_CLOCK;
    game.menu_kind = MENU_CLOCK;
    game.menu_count = 2;
    game.clock_hour = 12;
    game.clock_minute = 0;
    game.clock_field = FIELD_HOUR;
    draw_window(LEFT, TOP, 14, 8);
    put_text(LEFT + 2, TOP + 1, "SET CLOCK");
    put_text(LEFT + 2, TOP + 6, "UP/DOWN, A");
    show_time();
}

static void close(void) {
    clear_area(LEFT, TOP, 14, 8);
    game.scene = SCENE_OVERWORLD;
}

static void turn(int by) {
    int hour = game.clock_hour, minute = game.clock_minute;
    if (game.clock_field == FIELD_HOUR) hour += by;
    else minute += by * MINUTE_STEP;
    game.clock_hour = (u8)(hour < 0 ? 23 : hour > 23 ? 0 : hour);
    game.clock_minute = (u8)(minute < 0 ? 60 - MINUTE_STEP : minute > 59 ? 0 : minute);
    show_time();
}

static void go_to_field(u8 field) {
    game.clock_field = field;
    show_time();
}

static void ask(void) {
    text_show(TEXT_CLOCK_SURE);
    text_hold(1);
    menu_open(MENU_YES_NO, 0);
}

static void answered(void) {
    text_close();
    if (menu_result() == 0) {
        game.flags |= FLAG_CLOCK_SET;
        close();
        map_refresh_tiles();
    } else {
        game.menu_kind = MENU_CLOCK;
        game.menu_count = 2;
        go_to_field(FIELD_HOUR);
    }
}

void clock_update(void) {
    if (game.menu_kind == MENU_YES_NO) {
        menu_update();
        if (!menu_is_open()) answered();
    } else if (key_pressed(KEY_UP)) {
        turn(1);
    } else if (key_pressed(KEY_DOWN)) {
        turn(-1);
    } else if (key_pressed(KEY_LEFT)) {
        go_to_field(FIELD_HOUR);
    } else if (key_pressed(KEY_RIGHT)) {
        go_to_field(FIELD_MINUTE);
    } else if (key_pressed(KEY_A)) {
        if (game.clock_field == FIELD_HOUR) go_to_field(FIELD_MINUTE);
        else ask();
    }
}
