/* people.c: the people on a map stand, wander near their place, or pace to and fro. */
#include "people.h"
#include "input.h"
#include "map.h"
#include "scripts.h"
#include "video.h"

enum Movement { MOVE_STILL, MOVE_WANDER, MOVE_PACE_X, MOVE_PACE_Y };

#define WANDER_RANGE 2
#define PACE_RANGE 3
#define WANDER_WAIT 40       /* frames at least between two steps */
#define WANDER_WAIT_MORE 120 /* and up to so many more */
#define PACE_WAIT 24

const s8 step_x[4] = {0, 0, -1, 1};
const s8 step_y[4] = {1, -1, 0, 0};

static u8 movement[MAX_NPCS], script[MAX_NPCS];
static u8 turned; /* somebody turned or came since people_walk last ran */

void people_load(void) {
    const Map *map = &maps[game.map_id];
    game.npc_count = 0;
    turned = 1;
    for (int i = 0; i < map->n_npcs && game.npc_count < MAX_NPCS; i++) {
        const Npc *npc = &map->npcs[i];
        if (!script_npc_present(npc->script)) continue;
        int slot = game.npc_count++;
        game.npcs[slot] = (NpcState){
            .x = npc->x, .y = npc->y, .facing = npc->facing & 3, .sprite = npc->sprite,
            .wait = PACE_WAIT, .home_x = npc->x, .home_y = npc->y,
        };
        script_place_npc(npc->script, &game.npcs[slot]);
        movement[slot] = npc->movement;
        script[slot] = npc->script;
    }
    for (int i = game.npc_count; i < MAX_NPCS; i++) game.npcs[i] = (NpcState){0};
}

void people_load_pictures(void) {
    load_person(SPRITE_PLAYER, SPR_PLAYER);
    for (int i = 0; i < game.npc_count; i++) load_person(i + 1, game.npcs[i].sprite);
}

int person_at(int x, int y) {
    for (int i = 0; i < game.npc_count; i++)
        if (game.npcs[i].x == x && game.npcs[i].y == y) return i;
    return -1;
}

static int is_warp(int x, int y) {
    const Map *map = &maps[game.map_id];
    for (int i = 0; i < map->n_warps; i++)
        if (map->warps[i].x == x && map->warps[i].y == y) return 1;
    return 0;
}

static int distance(int a, int b) { return a > b ? a - b : b - a; }

static int may_step(const NpcState *npc, int facing, int range) {
    int x = npc->x + step_x[facing], y = npc->y + step_y[facing];
    if (map_behaviour(x, y) != BEHAVIOUR_FREE || is_warp(x, y) || person_at(x, y) >= 0) return 0;
    if (x == game.player_x && y == game.player_y) return 0;
    return distance(x, npc->home_x) <= range && distance(y, npc->home_y) <= range;
}

static void start_step(NpcState *npc) {
    npc->x = (u8)(npc->x + step_x[npc->facing]);
    npc->y = (u8)(npc->y + step_y[npc->facing]);
    npc->moving = FRAMES_A_STEP;
}

static void wander(NpcState *npc) {
    npc->wait = (u8)(WANDER_WAIT + random_below(WANDER_WAIT_MORE));
    npc->facing = (u8)random_below(4);
    if (may_step(npc, npc->facing, WANDER_RANGE)) start_step(npc);
}

/* Walks on in its direction, or turns round at the end of its way or before the player. */
static void pace(NpcState *npc, int first_facing) {
    npc->wait = PACE_WAIT;
    if ((npc->facing & 2) != (first_facing & 2)) npc->facing = (u8)first_facing;
    if (!may_step(npc, npc->facing, PACE_RANGE)) npc->facing ^= 1;
    else start_step(npc);
}

int people_walk(int may_start) {
    int changed = turned;
    turned = 0;
    for (int i = 0; i < game.npc_count; i++) {
        NpcState *npc = &game.npcs[i];
        if (!npc->moving && (npc->wait || movement[i] == MOVE_STILL)) {
            if (npc->wait) npc->wait--;
            continue;
        }
        if (npc->moving) npc->moving--;
        else if (!may_start) continue;
        else if (movement[i] == MOVE_WANDER) wander(npc);
        else pace(npc, movement[i] == MOVE_PACE_X ? FACE_LEFT : FACE_DOWN);
        changed = 1;
    }
    return changed;
}

void people_show(int camera_x, int camera_y) {
    for (int i = 0; i < MAX_NPCS; i++) {
        const NpcState *npc = &game.npcs[i];
        if (i >= game.npc_count) {
            hide_sprite(i + 1);
            continue;
        }
        int back = npc->moving * (16 / FRAMES_A_STEP);
        int facing = npc->facing & 3;
        show_person(i + 1, npc->x * 16 - step_x[facing] * back - camera_x,
                    npc->y * 16 - step_y[facing] * back - camera_y, facing,
                    npc->moving > 2 && npc->moving < 7);
    }
}

void person_talk(int index) {
    NpcState *npc = &game.npcs[index];
    if (npc->moving) return;
    npc->facing = game.facing ^ 1;
    turned = 1;
    script_start(script[index]);
}
