/* battle.c: a battle is a row of messages, each waiting for A, between the player's choices.
 *
 * One turn: choose (FIGHT and a move, BERRY, or RUN) -> the player's creature acts -> the other one
 * acts -> choose again. Damage is the move's power, one more or less by chance, one more or less by
 * kind, and one more for every two levels above the fifth. */
#include "battle.h"
#include "creatures.h"
#include "hardware.h"
#include "input.h"
#include "map.h"
#include "menu.h"
#include "scripts.h"
#include "text.h"
#include "video.h"

#define BERRY_HEALS 12
#define RUN_CHANCE 75 /* per cent */

/* What follows the message now on the screen */
enum Next { NEXT_CHOOSE, NEXT_AFTER_OWN, NEXT_AFTER_FOE, NEXT_LEAVE };

static u8 next;

/* ---- drawing ---- */

static void show_bar(int column, int row, int hp, int max_hp) {
    put_bar(column, row, hp, max_hp);
    put_number(column + BAR_TILES + 2, row, hp, 2);
    put_text(column + BAR_TILES + 4, row, "/");
    put_number(column + BAR_TILES + 5, row, max_hp, 2);
}

static void show_bars(void) {
    show_bar(1, 2, game.shown_enemy_hp, game.enemy.max_hp);
    show_bar(15, 10, game.shown_hp, game.party.max_hp);
}

/* A panel's window holds name and level, and the bar below. */
static void show_panel(int column, int row, const Creature *creature) {
    draw_window(column, row, 16, 4);
    put_text(column + 1, row + 1, species[creature->species].name);
    put_text(column + 12, row + 1, "L");
    put_number(column + 13, row + 1, creature->level, 2);
}

static void show_panels(void) {
    show_panel(0, 0, &game.enemy);
    show_panel(14, 8, &game.party);
    show_bars();
}

static void show_battle(void) {
    game.scene = SCENE_BATTLE;
    clear_text_layer();
    hide_sprites();
    draw_screen(screen_battle, screen_battle_tiles, N_SCREEN_BATTLE_TILES);
    load_picture(SPRITE_PICTURE_A, game.enemy.species);
    load_picture(SPRITE_PICTURE_B, game.party.species);
    show_picture(SPRITE_PICTURE_A, 152, 4, 0);
    show_picture(SPRITE_PICTURE_B, 32, 46, PICTURE_MIRRORED);
    show_panels();
}

/* ---- messages ---- */

static void say_begin(void) { text_begin(TEXT_BATTLE); }

/* Shows the message, lets the bars move, then waits for A. */
static void say_end(u8 then) {
    text_finish();
    text_hold(1);
    next = then;
    game.battle_phase = BATTLE_DRAIN;
}

static void say(const char *first, const char *second, u8 then) {
    say_begin();
    text_append(first);
    text_new_line();
    text_append(second);
    say_end(then);
}

/* ---- beginning ---- */

static u8 choose_enemy(u8 kind) {
    if (kind == BATTLE_TRAINER) return CRE_CAIRNLING;
    if (kind == BATTLE_LEADER) return CRE_BRAMBOAR;
    if (kind == BATTLE_FIRST) return CRE_PUFFSEED;
    return random_below(2) ? CRE_BURROLE : CRE_PUFFSEED;
}

static void open_battle(void) {
    static const char *const who[] = {"Wild ", "Wild ", "Pupil ROWAN's ", "HOLM's "};
    show_battle();
    say_begin();
    text_append(who[game.battle_kind & 3]);
    text_append(species[game.enemy.species].name);
    text_new_line();
    text_append("wants to fight!");
    say_end(NEXT_CHOOSE);
}

void battle_begin(u8 kind) {
    game.battle_kind = kind;
    game.battle_result = RESULT_NONE;
    game.battle_turn = 0;
    game.battle_cursor = 0;
    game.enemy = creature_make(choose_enemy(kind));
    game.shown_hp = game.party.hp;
    game.shown_enemy_hp = game.enemy.hp;
    fade_through(open_battle);
}

/* ---- acting ---- */

static int kind_bonus(u8 attack, u8 defence) {
    if (attack == KIND_PLAIN || defence == KIND_PLAIN || attack == defence) return 0;
    return (attack % 3) + 1 == defence ? 1 : -1; /* moss > glow > brook > moss */
}

static int damage_of(const Move *move, const Creature *from, const Creature *to) {
    int damage = move->power + (int)random_below(3) - 1;
    damage += kind_bonus(move->kind, species[to->species].kind);
    if (from->level > 5) damage += (from->level - 5) >> 1;
    return damage < 1 ? 1 : damage;
}

static int heal(Creature *creature, int points) {
    int missing = creature->max_hp - creature->hp;
    if (points > missing) points = missing;
    creature->hp = (u8)(creature->hp + points);
    return points;
}

static void append_number_words(const char *before, int number, const char *after) {
    text_append(before);
    text_append_number(number);
    text_append(after);
}

/* One creature uses a move on the other; the second line says what came of it. */
static void act(Creature *from, Creature *to, u8 move_id, u8 then) {
    const Move *move = &moves[move_id < MOVE_COUNT ? move_id : MOVE_BUMP];
    say_begin();
    text_append(species[from->species].name);
    text_append(" uses ");
    text_append(move->name);
    text_append("!");
    text_new_line();
    if (random_below(100) >= move->accuracy) {
        text_append("It misses.");
    } else if (move_id == MOVE_MEND) {
        append_number_words("It gets back ", heal(from, move->power), " points.");
    } else {
        int damage = damage_of(move, from, to);
        to->hp = (u8)(damage < to->hp ? to->hp - damage : 0);
        append_number_words("It does ", damage, " damage.");
    }
    say_end(then);
}

static void foe_acts(void) {
    act(&game.enemy, &game.party, game.enemy.moves[random_below(4)], NEXT_AFTER_FOE);
}

static void eat_berry(void) {
    if (game.items == 0) {
        say("There are no berries left.", "", NEXT_CHOOSE);
    } else if (game.party.hp == game.party.max_hp) {
        say("The bar is full. It is", "not hungry.", NEXT_CHOOSE);
    } else {
        game.items--;
        say_begin();
        text_append(species[game.party.species].name);
        text_append(" eats a berry.");
        text_new_line();
        append_number_words("It gets back ", heal(&game.party, BERRY_HEALS), " points.");
        say_end(NEXT_AFTER_OWN);
    }
}

static void run(void) {
    if (game.battle_kind != BATTLE_WILD) {
        say("There is no running away", "from this one!", NEXT_CHOOSE);
    } else if (random_below(100) < RUN_CHANCE) {
        game.battle_result = RESULT_FLED;
        say("You get away safely.", "", NEXT_LEAVE);
    } else {
        say("The grass is too thick!", "You do not get away.", NEXT_AFTER_OWN);
    }
}

/* ---- the end ---- */

static void win(void) {
    game.battle_result = RESULT_WON;
    say_begin();
    text_append(species[game.enemy.species].name);
    text_append(" gives up. You win!");
    if (game.battle_kind == BATTLE_FIRST || game.battle_kind == BATTLE_TRAINER) {
        game.party.level++;
        game.party.max_hp = (u8)(game.party.max_hp + 3);
        game.party.hp = (u8)(game.party.hp + 3);
        text_new_line();
        append_number_words("Yours reaches level ", game.party.level, "!");
    }
    say_end(NEXT_LEAVE);
}

static void lose(void) {
    game.battle_result = RESULT_LOST;
    if (game.defeats < 255) game.defeats++;
    say_begin();
    text_append(species[game.party.species].name);
    text_append(" can do no more.");
    text_new_line();
    text_append("You carry it to a bed...");
    say_end(NEXT_LEAVE);
}

/* The story goes on with a script in the place where the player then stands. */
static void leave(void) {
    u8 lost = game.battle_result == RESULT_LOST;
    game.battle_phase = BATTLE_NONE;
    if (lost) {
        game.party.hp = game.party.max_hp;
        map_enter_at_bed(game.last_bed);
        script_start(SCRIPT_LOST);
    } else {
        map_redraw();
        if (game.battle_kind != BATTLE_WILD) script_start(SCRIPT_AFTER_BATTLE);
    }
}

/* ---- turns ---- */

static void choose_action(void) {
    text_begin(TEXT_BATTLE);
    text_append("What will");
    text_new_line();
    text_append(species[game.party.species].name);
    text_append(" do?");
    text_finish();
    text_hold(1);
    game.battle_phase = BATTLE_CHOOSE;
    menu_open(MENU_BATTLE, 0);
}

static void choose_move(void) {
    text_close();
    game.battle_phase = BATTLE_CHOOSE_MOVE;
    menu_open(MENU_MOVES, game.battle_cursor);
}

static void go_on(void) {
    if (next != NEXT_LEAVE && game.enemy.hp == 0) win();
    else if (next != NEXT_LEAVE && game.party.hp == 0) lose();
    else if (next == NEXT_AFTER_OWN) foe_acts();
    else if (next == NEXT_LEAVE) fade_through(leave);
    else choose_action();
}

static void action_chosen(void) {
    show_panels();
    text_close();
    if (menu_result() == 0) choose_move();
    else if (menu_result() == 1) eat_berry();
    else run();
}

static void move_chosen(void) {
    int item = menu_result();
    show_panels(); /* the list covered their edge */
    if (item == MENU_CANCELLED) {
        choose_action();
        return;
    }
    game.battle_cursor = (u8)(item & 3);
    if (game.battle_turn < 255) game.battle_turn++;
    act(&game.party, &game.enemy, game.party.moves[item & 3], NEXT_AFTER_OWN);
}

/* Bars move one point a frame; returns whether one is still moving. */
static int drain(void) {
    int moving = game.shown_hp != game.party.hp || game.shown_enemy_hp != game.enemy.hp;
    if (game.shown_hp > game.party.hp) game.shown_hp--;
    else if (game.shown_hp < game.party.hp) game.shown_hp++;
    if (game.shown_enemy_hp > game.enemy.hp) game.shown_enemy_hp--;
    else if (game.shown_enemy_hp < game.enemy.hp) game.shown_enemy_hp++;
    if (moving) show_bars();
    return moving;
}

void battle_update(void) {
    switch (game.battle_phase) {
    case BATTLE_DRAIN:
        if (drain()) break;
        text_hold(0); /* shows the arrow */
        game.battle_phase = BATTLE_MESSAGE;
        break;
    case BATTLE_MESSAGE:
        if (!text_is_open()) go_on();
        break;
    case BATTLE_CHOOSE:
        menu_update();
        if (!menu_is_open()) action_chosen();
        break;
    case BATTLE_CHOOSE_MOVE:
        menu_update();
        if (!menu_is_open()) move_chosen();
        break;
    }
}
