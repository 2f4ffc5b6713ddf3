/* scripts.c: the story. A script is a row of steps; each step starts a text, a menu or a battle,
 * and the next step comes when that is over. */
#include "scripts.h"
#include "assets.h"
#include "battle.h"
#include "creatures.h"
#include "map.h"
#include "menu.h"
#include "people.h"
#include "scenes.h"
#include "text.h"
#include "video.h"

#define FULL_POCKET 3 /* berries */

static int has(u32 flag) { return (game.flags & flag) != 0; }

static void end(void) {
    game.script = SCRIPT_NONE;
    game.script_step = 0;
}

void script_start(u8 script) {
    game.script = script < SCRIPT_COUNT ? script : (u8)SCRIPT_NONE;
    game.script_step = 0;
}

/* Shows one text; the script ends with it. */
static void say_and_end(u16 text) {
    text_show(text);
    end();
}

/* Shows a text of one page with YES and NO beside it. */
static void ask(u16 text) {
    text_show(text);
    text_hold(1);
    menu_open(MENU_YES_NO, 0);
}

static int answered_yes(void) {
    text_close();
    return menu_result() == 0;
}

static void make_well(void) {
    game.party.hp = game.party.max_hp;
    if (game.items < FULL_POCKET) game.items = FULL_POCKET;
}

/* ---- at home ---- */

static void mom(void) {
    if (!has(FLAG_CLOCK_SET)) {
        say_and_end(TEXT_MOM_CLOCK);
    } else if (game.party_count) {
        make_well();
        say_and_end(TEXT_MOM_RESTS);
    } else {
        say_and_end(TEXT_MOM_LATER);
    }
}

static void mom_stops(int step) {
    if (step == 0) {
        text_show(TEXT_MOM_STOPS);
        return;
    }
    game.flags |= FLAG_MOM_TALKED;
    end();
}

static void clock(int step) {
    if (has(FLAG_CLOCK_SET)) say_and_end(TEXT_CLOCK_RUNS);
    else if (step == 0) text_show(TEXT_CLOCK_ASKS);
    else {
        end();
        clock_open();
    }
}

static void rival(int step) {
    if (has(FLAG_RIVAL_MET)) say_and_end(TEXT_RIVAL_LATER);
    else if (step == 0) text_show(TEXT_RIVAL_MEETS);
    else {
        game.flags |= FLAG_RIVAL_MET;
        end();
    }
}

/* ---- the bag of three ---- */

static void take_starter(void) {
    game.party = creature_make((u8)(CRE_MOSSNAIL + game.starter_seen));
    game.party_count = 1;
    game.flags |= FLAG_STARTER_CHOSEN;
    map_refresh_tiles();
    text_show(TEXT_RUSTLE);
}

static void starter_answered(void) {
    int yes = answered_yes();
    hide_sprite(SPRITE_PICTURE_A);
    clear_text_layer();
    if (yes) take_starter();
    else game.script_step = 1; /* back to the menu */
}

static void starter_picked(void) {
    static const u16 questions[] = {TEXT_TAKE_MOSSNAIL, TEXT_TAKE_LANTICK, TEXT_TAKE_RILLET};
    int item = menu_result();
    if (item > 2) {
        hide_sprite(SPRITE_PICTURE_A);
        clear_text_layer();
        end();
        return;
    }
    game.starter_seen = (u8)item;
    ask(questions[item]);
}

static void first_battle(int step) {
    if (step == 0) {
        text_show(TEXT_PROFESSOR_AGAIN);
        return;
    }
    end();
    battle_begin(BATTLE_FIRST);
}

static void bag(int step) {
    if (has(FLAG_FIRST_BATTLE_WON)) {
        say_and_end(TEXT_BAG_EMPTY);
        return;
    }
    switch (step) {
    case 0:
        if (has(FLAG_STARTER_CHOSEN)) script_start(SCRIPT_PROFESSOR_ROUTE);
        else text_show(TEXT_BAG_FULL);
        break;
    case 1: menu_open(MENU_STARTER, game.starter_seen); break;
    case 2: starter_picked(); break;
    case 3: starter_answered(); break;
    default:
        end();
        battle_begin(BATTLE_FIRST);
    }
}

static void professor_on_route(int step) {
    if (has(FLAG_STARTER_CHOSEN)) first_battle(step);
    else say_and_end(TEXT_PROFESSOR_HELP);
}

static void lab_welcome(int step) {
    if (step == 0) {
        text_show(TEXT_LAB_WELCOME);
        return;
    }
    make_well();
    end();
}

/* ---- the second town and the hall ---- */

static void keeper(int step) {
    switch (step) {
    case 0: ask(TEXT_KEEPER_ASKS); break;
    case 1:
        if (answered_yes()) fade_through(make_well);
        else say_and_end(TEXT_KEEPER_BYE);
        break;
    default:
        game.flags |= FLAG_HEALED;
        game.last_bed = MAP_CARE_HOUSE;
        say_and_end(TEXT_KEEPER_HEALS);
    }
}

static void trainer(int step) {
    if (has(FLAG_TRAINER_BEATEN)) {
        make_well();
        say_and_end(TEXT_TRAINER_LATER);
    } else if (step == 0) {
        text_show(TEXT_TRAINER_MEETS);
    } else {
        end();
        battle_begin(BATTLE_TRAINER);
    }
}

static void leader(int step) {
    if (!has(FLAG_TRAINER_BEATEN)) say_and_end(TEXT_LEADER_WAITS);
    else if (has(FLAG_BADGE_WON)) say_and_end(TEXT_LEADER_LATER);
    else if (step == 0) text_show(TEXT_LEADER_MEETS);
    else {
        end();
        battle_begin(BATTLE_LEADER);
    }
}

/* After a battle that the story asked for was won. */
static void after_battle(int step) {
    if (step > 0) {
        if (game.battle_kind == BATTLE_LEADER) {
            game.flags |= FLAG_BADGE_WON;
            game.badges = 1;
        } else if (game.battle_kind == BATTLE_TRAINER) {
            fade_through(people_load); /* steps aside */
        }
        end();
        return;
    }
    if (game.battle_kind == BATTLE_FIRST) {
        game.flags |= FLAG_FIRST_BATTLE_WON;
        text_show(TEXT_PROFESSOR_THANKS);
    } else if (game.battle_kind == BATTLE_TRAINER) {
        game.flags |= FLAG_TRAINER_BEATEN;
        make_well();
        text_show(TEXT_TRAINER_BEATEN);
    } else {
        text_show(TEXT_LEADER_BEATEN);
    }
}

void script_update(void) {
    int step = game.script_step++;
    switch (game.script) {
    case SCRIPT_MOM: mom(); break;
    case SCRIPT_MOM_GREETS: say_and_end(TEXT_MOM_GREETS); break;
    case SCRIPT_MOM_STOPS: mom_stops(step); break;
    case SCRIPT_CLOCK: clock(step); break;
    case SCRIPT_RIVAL: rival(step); break;
    case SCRIPT_RIVAL_MOM: say_and_end(TEXT_RIVAL_PARENT); break;
    case SCRIPT_VILLAGER: say_and_end(TEXT_VILLAGER); break;
    case SCRIPT_PROFESSOR_ROUTE: professor_on_route(step); break;
    case SCRIPT_PROFESSOR: say_and_end(TEXT_LAB_LATER); break;
    case SCRIPT_AIDE: say_and_end(TEXT_ASSISTANT); break;
    case SCRIPT_LAB_WELCOME: lab_welcome(step); break;
    case SCRIPT_BAG: bag(step); break;
    case SCRIPT_KEEPER: keeper(step); break;
    case SCRIPT_TOWN2_VILLAGER: say_and_end(TEXT_TOWNSMAN); break;
    case SCRIPT_WALKER: say_and_end(TEXT_WALKER); break;
    case SCRIPT_TRAINER: trainer(step); break;
    case SCRIPT_LEADER: leader(step); break;
    case SCRIPT_AFTER_BATTLE: after_battle(step); break;
    case SCRIPT_LOST: say_and_end(TEXT_LOST); break;
    default: end(); break;
    }
}

/* ---- what the rest of the engine asks the story ---- */

void script_on_arrival(void) {
    if (game.map_id == MAP_TOWN) game.flags |= FLAG_LEFT_CART;
    if (game.map_id == MAP_HOUSE_1F && !has(FLAG_MOM_GREETED)) {
        game.flags |= FLAG_MOM_GREETED;
        script_start(SCRIPT_MOM_GREETS);
    } else if (game.map_id == MAP_HOUSE_1F && has(FLAG_CLOCK_SET) && !has(FLAG_MOM_TALKED)) {
        script_start(SCRIPT_MOM_STOPS);
    } else if (game.map_id == MAP_LAB && !has(FLAG_LAB_VISITED)) {
        game.flags |= FLAG_LAB_VISITED;
        script_start(SCRIPT_LAB_WELCOME);
    }
}

u16 script_gate(u8 from, u8 to) {
    if (from == MAP_HOUSE_1F && to == MAP_TOWN) {
        if (!has(FLAG_CLOCK_SET)) return TEXT_MOM_CLOCK;
    } else if (to == MAP_RIVAL_1F && from == MAP_TOWN) {
        if (!has(FLAG_MOM_TALKED)) return TEXT_RIVAL_LOCKED;
    } else if (to == MAP_ROUTE_1 && from == MAP_TOWN) {
        if (!has(FLAG_RIVAL_MET)) return TEXT_NORTH_CLOSED;
    } else if (to == MAP_LAB) {
        if (!has(FLAG_FIRST_BATTLE_WON)) return TEXT_LAB_CLOSED;
    } else if (to == MAP_ROUTE_2) {
        if (!has(FLAG_LAB_VISITED)) return TEXT_LAB_FIRST;
    } else if (to == MAP_ROUTE_3) {
        if (!has(FLAG_HEALED)) return TEXT_HEAL_FIRST;
    }
    return 0;
}

/* The pupil stands in the way to the leader until beaten, then beside it. */
void script_place_npc(u8 script, NpcState *npc) {
    if (script != SCRIPT_TRAINER || !has(FLAG_TRAINER_BEATEN)) return;
    npc->x--;
    npc->y--;
}

int script_npc_present(u8 script) {
    return script != SCRIPT_PROFESSOR_ROUTE || !has(FLAG_FIRST_BATTLE_WON);
}

void script_examine(u8 behaviour) {
    switch (behaviour) {
    case EXAMINE_CLOCK: script_start(SCRIPT_CLOCK); break;
    case EXAMINE_BAG: script_start(SCRIPT_BAG); break;
    case EXAMINE_SIGN_TOWN: text_show(TEXT_SIGN_TOWN); break;
    case EXAMINE_SIGN_LAB: text_show(TEXT_SIGN_LAB); break;
    case EXAMINE_SIGN_TOWN_2: text_show(TEXT_SIGN_TOWN_2); break;
    case EXAMINE_SIGN_ROUTE_1:
    case EXAMINE_SIGN_ROUTE_2:
    case EXAMINE_SIGN_ROUTE_3: text_show(TEXT_SIGN_ROUTE); break;
    case EXAMINE_SIGN_GYM: text_show(TEXT_SIGN_GYM); break;
    case EXAMINE_TV: text_show(TEXT_TV); break;
    case EXAMINE_BED: text_show(TEXT_BED); break;
    case EXAMINE_SHELF: text_show(TEXT_SHELF); break;
    case EXAMINE_MACHINE: text_show(TEXT_MACHINE); break;
    case EXAMINE_STATUE: text_show(TEXT_STATUE); break;
    case EXAMINE_PLANT: text_show(TEXT_PLANT); break;
    case EXAMINE_WELL: text_show(TEXT_WELL); break;
    case EXAMINE_KITCHEN: text_show(TEXT_KITCHEN); break;
    case EXAMINE_DESK: text_show(TEXT_DESK); break;
    case EXAMINE_TRUNK: text_show(TEXT_TRUNK); break;
    case EXAMINE_HEALER: text_show(TEXT_HEALER); break;
    case EXAMINE_BARREL: text_show(TEXT_BARREL); break;
    case EXAMINE_CRATES: text_show(TEXT_CRATES); break;
    default: text_show(TEXT_NOTHING); break;
    }
}
