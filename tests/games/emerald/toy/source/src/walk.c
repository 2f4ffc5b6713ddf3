/* walk.c: walking, turning, jumping, doors, the way over a map's edge. */
#include "toy.h"

enum { TILE = 16, TURN_FRAMES = 8, REST_FRAMES = 48 };
enum { LEDGE_EAST = 0x38, DOOR = 0x69, STAIRS = 0x60, ARROW_EAST = 0x62, COUNTER = 0x80 };

static const s8 step_x[] = {0, 0, 0, -1, 1}, step_y[] = {0, 1, -1, 0, 0};
static const u8 opposites[] = {0, NORTH, SOUTH, EAST, WEST};
static const u8 ledges[] = {0, 0x3B, 0x3A, 0x39, LEDGE_EAST};
static const u8 arrows[] = {0, 0x65, 0x64, 0x63, ARROW_EAST};

static u8 way_left[OBJECT_COUNT]; /* pixels to the tile that somebody is said to be on */
static u8 turning, jumping;
static u8 steps_out; /* leaves a house's door by itself */

static int get_facing(int slot) { return OBJECTS[slot].facing & 15; }

static void set_facing(int slot, int facing) { OBJECTS[slot].facing = (u8)(facing | facing << 4); }

/* A person who is on the way is shown behind the tile that he is said to be on. */
static void show_one(int slot, int corner_x, int corner_y) {
    int facing = get_facing(slot), left = way_left[slot];
    int high = slot == AVATAR_OBJECT && jumping ? 6 : left >> 2 & 1;
    int x = OBJECTS[slot].x * TILE - step_x[facing] * left - corner_x;
    int y = OBJECTS[slot].y * TILE - step_y[facing] * left - corner_y - high;
    show_person(slot, is_active(slot) ? x : -TILE, y, OBJECTS[slot].graphics, facing);
}

static void show_people(void) {
    int player = AVATAR_OBJECT, facing = get_facing(player), left = way_left[player];
    int x = OBJECTS[player].x * TILE - step_x[facing] * left - 7 * TILE;
    int y = OBJECTS[player].y * TILE - step_y[facing] * left - 4 * TILE - TILE / 2;
    scroll_to(x - MARGIN * TILE, y - MARGIN * TILE);
    for (int i = 0; i < OBJECT_COUNT; i++) show_one(i, x, y);
}

/* ---- from map to map ---- */

static void set_destination(u8 group, u8 number, u8 warp) {
    WARP_DESTINATION[0] = group;
    WARP_DESTINATION[1] = number;
    WARP_DESTINATION[2] = warp;
}

/* To the map of the destination, without anybody on it. */
static void change_map(void) {
    stop_script();
    move_save_blocks();
    load_map(WARP_DESTINATION[0], WARP_DESTINATION[1]);
    for (int i = 0; i < OBJECT_COUNT; i++) way_left[i] = 0;
    turning = jumping = 0;
}

static void appear(int x, int y, int facing) {
    place_player(x, y, facing);
    draw_map(x, y);
    show_people();
}

static void arrive(void) {
    int facing = get_facing(AVATAR_OBJECT);
    change_map();
    const Warp *place = &MAP->events->warp[WARP_DESTINATION[2]];
    steps_out = get_behaviour(place->x, place->y) == DOOR;
    appear(place->x, place->y, steps_out ? SOUTH : facing);
}

static void warp_from(int x, int y) {
    const Events *events = MAP->events;
    for (int i = 0; i < events->warps; i++) {
        const Warp *warp = &events->warp[i];
        if (warp->x != x || warp->y != y) continue;
        set_destination(warp->group, warp->number, warp->warp);
        fade_through(arrive);
        return;
    }
}

/* Over the edge: the place in the next map, from which the step is one on that map. */
static int cross_edge(int direction, int x, int y) {
    const Connections *ways = MAP->connections;
    for (int i = 0; ways && i < ways->count; i++) {
        const Connection *way = &ways->entry[i];
        if (way->direction != direction) continue;
        int offset = way->offset;
        set_destination(way->group, way->number, 0xFF);
        change_map();
        x = direction == WEST ? MAP->layout->width - 1 : direction == EAST ? 0 : x - offset;
        y = direction == NORTH ? MAP->layout->height - 1 : direction == SOUTH ? 0 : y - offset;
        place_player(x, y, direction);
        return 1;
    }
    return 0;
}

void begin_field(u8 group, u8 number, int x, int y, int facing) {
    set_destination(group, number, 0);
    show_screen(CB2_OVERWORLD);
    change_map();
    appear(x, y, facing);
    show_map(1);
}

/* ---- the player's steps ---- */

static void move(int slot, int direction, int tiles) {
    volatile Object *object = &OBJECTS[slot];
    object->old_x = object->x;
    object->old_y = object->y;
    object->x = (s16)(object->x + step_x[direction] * tiles);
    object->y = (s16)(object->y + step_y[direction] * tiles);
    set_facing(slot, direction);
    way_left[slot] = (u8)(TILE * tiles);
}

static void move_player(int direction, int tiles) {
    int x = SB1(s16, SB1_X), y = SB1(s16, SB1_Y), crosses;
    int next_x = x + step_x[direction] * tiles, next_y = y + step_y[direction] * tiles;
    const Layout *layout = MAP->layout;
    crosses = next_x < 0 || next_y < 0 || next_x >= layout->width || next_y >= layout->height;
    if (crosses && cross_edge(direction, x, y)) {
        way_left[AVATAR_OBJECT] = TILE;
    } else {
        move(AVATAR_OBJECT, direction, tiles);
        SB1(s16, SB1_X) = (s16)next_x;
        SB1(s16, SB1_Y) = (s16)next_y;
        spawn_objects();
    }
    jumping = tiles == 2;
    x = SB1(s16, SB1_X);
    y = SB1(s16, SB1_Y);
    draw_map(direction == WEST ? x + 1 : x, y);
}

static void try_step(int direction) {
    int x = SB1(s16, SB1_X), y = SB1(s16, SB1_Y);
    int next_x = x + step_x[direction], next_y = y + step_y[direction];
    int behaviour = get_behaviour(next_x, next_y);
    if (get_behaviour(x, y) == arrows[direction]) {
        warp_from(x, y);
    } else if (behaviour == ledges[direction]) {
        int is_free = find_object(next_x + step_x[direction], next_y + step_y[direction]) < 0;
        if (is_free) move_player(direction, 2);
    } else if (find_object(next_x, next_y) < 0 &&
               (!is_blocked(next_x, next_y) || (behaviour == DOOR && direction == NORTH))) {
        move_player(direction, 1);
    }
}

static void finish_step(void) {
    int x = SB1(s16, SB1_X), y = SB1(s16, SB1_Y), behaviour = get_behaviour(x, y);
    jumping = 0;
    if (behaviour == DOOR || behaviour == STAIRS) warp_from(x, y);
}

static void interact(void) {
    int facing = get_facing(AVATAR_OBJECT);
    int x = SB1(s16, SB1_X) + step_x[facing], y = SB1(s16, SB1_Y) + step_y[facing];
    if (get_behaviour(x, y) == COUNTER) {
        x += step_x[facing];
        y += step_y[facing];
    }
    int slot = find_object(x, y);
    const Events *events = MAP->events;
    if (slot >= 0) {
        set_facing(slot, opposites[facing]);
        for (int i = 0; i < events->objects; i++)
            if (events->object[i].local_id == OBJECTS[slot].local_id)
                begin_script(events->object[i].script);
    }
    for (int i = 0; i < events->signs; i++)
        if (events->sign[i].x == x && events->sign[i].y == y) begin_script(events->sign[i].script);
}

static void take_buttons(void) {
    int direction = is_held(KEY_DOWN)  ? SOUTH
                  : is_held(KEY_UP)    ? NORTH
                  : is_held(KEY_LEFT)  ? WEST
                  : is_held(KEY_RIGHT) ? EAST
                                       : 0;
    if (is_pressed(KEY_START)) open_start_menu();
    else if (is_pressed(KEY_A)) interact();
    else if (direction && direction != get_facing(AVATAR_OBJECT)) {
        set_facing(AVATAR_OBJECT, direction);
        turning = TURN_FRAMES;
    } else if (direction) try_step(direction);
}

/* ---- everybody else's ---- */

static void wander(int slot) {
    volatile Object *object = &OBJECTS[slot];
    if (object->movement == 0 || draw_random() % REST_FRAMES) return;
    int direction = SOUTH + (int)(draw_random() & 3);
    int x = object->x + step_x[direction], y = object->y + step_y[direction];
    int dx = x - object->first_x, dy = y - object->first_y;
    int far = dx * dx > 1 || dy * dy > 1;
    set_facing(slot, direction);
    x -= MARGIN;
    y -= MARGIN;
    if (!far && !is_blocked(x, y) && find_object(x, y) < 0) move(slot, direction, 1);
}

static void move_everybody(void) {
    for (int i = 0; i < OBJECT_COUNT; i++) {
        if (!is_active(i) || i == AVATAR_OBJECT) continue;
        if (way_left[i]) way_left[i]--;
        else wander(i);
    }
}

static void greet(void) {
    const Entry *entry = MAP->entry;
    if (!entry || get_flag(entry->flag)) return;
    set_flag(entry->flag);
    begin_script(entry->script);
}

void update_field(void) {
    int player = AVATAR_OBJECT;
    if (update_fade()) return;
    if (update_start_menu() || update_script()) {
        show_people(); /* whom a flag hides now */
        return;
    }
    move_everybody();
    if (turning) {
        turning--;
    } else if (way_left[player]) {
        if (--way_left[player] == 0) finish_step();
    } else if (steps_out) {
        steps_out = 0;
        move_player(SOUTH, 1);
    } else {
        greet();
        if (SCRIPT_STATUS == SCRIPT_STOPPED) take_buttons();
    }
    show_people();
}
