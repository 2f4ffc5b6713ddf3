/* scenes.c: logo, title, "new game" and the professor's speech. */
#include "scenes.h"
#include "hardware.h"
#include "input.h"
#include "map.h"
#include "naming.h"
#include "text.h"
#include "video.h"

#define LOGO_FRAMES 150
#define FIRST_BERRIES 3

static u8 logo_frames;

void logo_start(void) {
    game.scene = SCENE_LOGO;
    draw_screen(screen_logo, screen_logo_tiles, N_SCREEN_LOGO_TILES);
    logo_frames = LOGO_FRAMES;
    fade_through(0);
}

static void show_title(void) {
    game.scene = SCENE_TITLE;
    draw_screen(screen_title, screen_title_tiles, N_SCREEN_TITLE_TILES);
}

void logo_update(void) {
    if (--logo_frames == 0 || key_pressed(KEY_A)) fade_through(show_title);
}

static void show_new_game(void) {
    game.scene = SCENE_NEW_GAME;
    draw_screen(screen_intro, screen_intro_tiles, N_SCREEN_INTRO_TILES);
    text_show(TEXT_NEW_GAME);
}

void title_update(void) {
    if (key_pressed(KEY_START)) fade_through(show_new_game);
}

void new_game_update(void) {
    if (!text_is_open()) naming_start();
}

static void show_intro(void) {
    game.scene = SCENE_INTRO;
    clear_text_layer();
    load_picture(SPRITE_PICTURE_A, PICTURE_PROFESSOR);
    show_picture(SPRITE_PICTURE_A, 88, 30, PICTURE_ABOVE_WINDOWS);
    text_show(TEXT_INTRO);
}

void naming_update(void) {
    if (naming_ended()) fade_through(show_intro);
}

static void start_journey(void) {
    hide_sprites();
    game.last_bed = MAP_HOUSE_2F;
    game.items = FIRST_BERRIES;
    map_enter_at_centre(MAP_CART);
}

void intro_update(void) {
    if (!text_is_open()) fade_through(start_journey);
}
