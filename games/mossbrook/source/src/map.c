/* map.c: maps are drawn once when they are entered (they fit the 64x64 map layer); walking then
 * only moves the scroll registers and the sprites. */
#include "map.h"
#include "battle.h"
#include "hardware.h"
#include "input.h"
#include "menu.h"
#include "people.h"
#include "scripts.h"
#include "text.h"
#include "video.h"

#define DOOR_RED 1  /* bits of game.doors_open */
#define DOOR_BLUE 2
#define GRASS_CHANCE 9     /* one step in so many starts a battle */
#define GRASS_SAFE_STEPS 4 /* after a battle */

static struct {
    u8 map, x, y, facing;
} destination; /* of the warp under way */

static const Map *current_map(void) { return &maps[game.map_id]; }

int map_behaviour(int x, int y) {
    if (x < 0 || y < 0 || x >= game.map_width || y >= game.map_height) return BEHAVIOUR_SOLID;
    return game.behaviour[y * game.map_width + x];
}

/* ---- drawing ---- */

static void show_everybody(void) {
    int back = game.moving * (16 / FRAMES_A_STEP);
    int x = game.player_x * 16 - step_x[game.facing] * back;
    int y = game.player_y * 16 - step_y[game.facing] * back;
    int camera_x = x - 112, camera_y = y - 72; /* the player in the middle of 240x160 */
    int last_x = game.map_width * 16 - 240, last_y = game.map_height * 16 - 160;
    if (camera_x > last_x) camera_x = last_x;
    if (camera_y > last_y) camera_y = last_y;
    if (camera_x < 0) camera_x = last_x < 0 ? last_x / 2 : 0; /* small maps: centred */
    if (camera_y < 0) camera_y = last_y < 0 ? last_y / 2 : 0;
    scroll_to(camera_x, camera_y);
    show_person(SPRITE_PLAYER, x - camera_x, y - camera_y, game.facing,
                game.moving > 2 && game.moving < 7);
    people_show(camera_x, camera_y);
}

/* What a tile of the map looks like at this point of the story. */
static int present_metatile(int metatile) {
    int red = game.doors_open & DOOR_RED, blue = game.doors_open & DOOR_BLUE;
    switch (metatile) {
    case METATILE_SWITCH_RED: return red ? METATILE_SWITCH_RED_DOWN : metatile;
    case METATILE_SWITCH_BLUE: return blue ? METATILE_SWITCH_BLUE_DOWN : metatile;
    case METATILE_DOOR_RED: return red ? METATILE_DOOR_RED_OPEN : metatile;
    case METATILE_DOOR_BLUE: return blue ? METATILE_DOOR_BLUE_OPEN : metatile;
    case METATILE_CLOCK: return game.flags & FLAG_CLOCK_SET ? METATILE_CLOCK_SET : metatile;
    case METATILE_BAG: return game.flags & FLAG_STARTER_CHOSEN ? METATILE_BAG_TAKEN : metatile;
    default: return metatile;
    }
}

void map_refresh_tiles(void) {
    const Map *map = current_map();
    int i = 0;
    for (int y = 0; y < game.map_height; y++) {
        for (int x = 0; x < game.map_width; x++, i++) {
            int metatile = map->metatiles[i], present = present_metatile(metatile);
            if (present == metatile) continue;
            put_metatile(x, y, present);
            if (map->behaviour[i] == BEHAVIOUR_DOOR) game.behaviour[i] = BEHAVIOUR_FREE;
        }
    }
}

static void draw_map(void) {
    const Map *map = current_map();
    clear_map_layer();
    load_map_tiles(map);
    for (int y = 0, i = 0; y < game.map_height; y++)
        for (int x = 0; x < game.map_width; x++, i++) put_metatile(x, y, map->metatiles[i]);
    map_refresh_tiles();
}

void map_redraw(void) {
    game.scene = SCENE_OVERWORLD;
    clear_text_layer();
    hide_sprites();
    draw_map();
    people_load_pictures();
    show_everybody();
}

/* ---- entering ---- */

static void load_map(u8 map_id) {
    game.map_id = map_id < MAP_COUNT ? map_id : (u8)MAP_TOWN;
    const Map *map = current_map();
    game.map_width = map->width < MAX_MAP_SIDE ? map->width : MAX_MAP_SIDE;
    game.map_height = map->height < MAX_MAP_SIDE ? map->height : MAX_MAP_SIDE;
    for (int i = 0; i < game.map_width * game.map_height; i++)
        game.behaviour[i] = map->behaviour[i];
    people_load();
}

static void place_player(int x, int y, int facing) {
    game.player_x = (u8)x;
    game.player_y = (u8)y;
    game.facing = (u8)(facing & 3);
    game.moving = 0;
    map_redraw();
    script_on_arrival();
}

void map_enter(u8 map_id, int x, int y, int facing) {
    load_map(map_id);
    place_player(x, y, facing);
}

static int is_free(int x, int y) {
    return map_behaviour(x, y) == BEHAVIOUR_FREE && person_at(x, y) < 0;
}

/* Stands on the free tile nearest to (x, y). */
static void enter_near(u8 map_id, int x, int y) {
    int best_x = x, best_y = y, best = 1000;
    for (int j = 0; j < game.map_height; j++) {
        for (int i = 0; i < game.map_width; i++) {
            int away = (i > x ? i - x : x - i) + (j > y ? j - y : y - j);
            if (away >= best || !is_free(i, j)) continue;
            best = away;
            best_x = i;
            best_y = j;
        }
    }
    map_enter(map_id, best_x, best_y, FACE_DOWN);
}

void map_enter_at_centre(u8 map_id) {
    load_map(map_id);
    enter_near(map_id, game.map_width / 2, game.map_height / 2);
}

/* Beside the last bed, in reading order: in the care house that is the guests' side. */
void map_enter_at_bed(u8 map_id) {
    load_map(map_id);
    int x = game.map_width / 2, y = game.map_height / 2;
    for (int i = 0; i < game.map_width * game.map_height; i++) {
        if (game.behaviour[i] != EXAMINE_BED) continue;
        y = i / game.map_width;
        x = i - y * game.map_width;
    }
    enter_near(map_id, x, y);
}

/* ---- walking ---- */

static const Warp *warp_at(int x, int y) {
    const Map *map = current_map();
    for (int i = 0; i < map->n_warps; i++)
        if (map->warps[i].x == x && map->warps[i].y == y) return &map->warps[i];
    return 0;
}

static void enter_destination(void) {
    map_enter(destination.map, destination.x, destination.y, destination.facing);
}

static void press_switch(void) {
    int i = game.player_y * game.map_width + game.player_x;
    int red = current_map()->metatiles[i] == METATILE_SWITCH_RED;
    game.doors_open |= red ? DOOR_RED : DOOR_BLUE;
    map_refresh_tiles();
}

static void rustle(void) {
    if (!game.party_count) return;
    if (game.steps_safe) {
        game.steps_safe--;
    } else if (random_below(GRASS_CHANCE) == 0) {
        game.steps_safe = GRASS_SAFE_STEPS;
        battle_begin(BATTLE_WILD);
    }
}

static void arrive(void) {
    const Warp *warp = warp_at(game.player_x, game.player_y);
    int behaviour = map_behaviour(game.player_x, game.player_y);
    if (warp) {
        destination.map = warp->to_map;
        destination.x = warp->to_x;
        destination.y = warp->to_y;
        destination.facing = warp->facing;
        fade_through(enter_destination);
    } else if (behaviour == BEHAVIOUR_SWITCH) {
        press_switch();
    } else if (behaviour == BEHAVIOUR_GRASS) {
        rustle();
    }
}

static int is_walkable(int x, int y) {
    int behaviour = map_behaviour(x, y);
    return (behaviour == BEHAVIOUR_FREE || behaviour == BEHAVIOUR_GRASS ||
            behaviour == BEHAVIOUR_SWITCH) && person_at(x, y) < 0;
}

static void step(int facing) {
    game.facing = (u8)facing;
    int x = game.player_x + step_x[facing], y = game.player_y + step_y[facing];
    if (!is_walkable(x, y)) return;
    const Warp *warp = warp_at(x, y);
    u16 refusal = warp ? script_gate(game.map_id, warp->to_map) : 0;
    if (refusal) {
        text_show(refusal);
        return;
    }
    game.player_x = (u8)x;
    game.player_y = (u8)y;
    game.moving = FRAMES_A_STEP;
}

static void look(void) {
    int x = game.player_x + step_x[game.facing], y = game.player_y + step_y[game.facing];
    int behaviour = map_behaviour(x, y);
    if (behaviour == BEHAVIOUR_COUNTER) { /* speak across it */
        x += step_x[game.facing];
        y += step_y[game.facing];
    }
    int person = person_at(x, y);
    if (person >= 0) person_talk(person);
    else if (behaviour > BEHAVIOUR_DOOR) script_examine((u8)behaviour);
}

static void control(void) {
    if (key_pressed(KEY_A)) look();
    else if (key_held(KEY_DOWN)) step(FACE_DOWN);
    else if (key_held(KEY_UP)) step(FACE_UP);
    else if (key_held(KEY_LEFT)) step(FACE_LEFT);
    else if (key_held(KEY_RIGHT)) step(FACE_RIGHT);
}

void overworld_update(void) {
    int was_moving = game.moving, facing = game.facing;
    int idle = !text_is_open() && !menu_is_open() && !game.script;
    if (game.moving) {
        if (--game.moving == 0) arrive();
    } else if (menu_is_open()) {
        menu_update();
    } else if (game.script) {
        if (!text_blocks()) script_update();
    } else if (idle) {
        control();
    }
    if (game.scene != SCENE_OVERWORLD) return;
    if (people_walk(idle && !fade_running()) || was_moving ||
        game.moving || game.facing != facing)
        show_everybody();
}
