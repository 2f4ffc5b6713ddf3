/* main.c: start-up, the loop that runs once a frame, buttons and chance. */
#include "battle.h"
#include "hardware.h"
#include "input.h"
#include "map.h"
#include "menu.h"
#include "scenes.h"
#include "scripts.h"
#include "text.h"
#include "video.h"

extern void interrupt_handler(void);

static u16 keys_now, keys_before;

void input_read(void) {
    keys_before = keys_now;
    keys_now = (u16)(~REG_KEYINPUT & 0x3FF);
}

int key_pressed(u16 keys) { return (keys_now & ~keys_before & keys) != 0; }

void input_used(void) { keys_before = 0x3FF; }

int key_held(u16 keys) { return (keys_now & keys) != 0; }

/* A linear congruential generator (Numerical Recipes, 2nd ed., section 7.1). Its high half is used.
 * It also advances every frame, so when a button is pressed changes what happens. */
static void random_advance(void) { game.rng = game.rng * 1664525u + 1013904223u; }

u32 random_below(u32 limit) {
    random_advance();
    return ((game.rng >> 16) * limit) >> 16;
}

/* Halts the processor until the next vertical blank: BIOS call VBlankIntrWait. */
static void wait_for_frame(void) {
    __asm__ volatile("swi 5" ::: "r0", "r1", "r2", "r3", "memory");
}

static void start_interrupts(void) {
    INTERRUPT_VECTOR = (u32)interrupt_handler;
    REG_DISPSTAT = 0x0008; /* interrupt at VBlank */
    REG_IE = 0x0001;
    REG_IME = 1;
}

static void update(void) {
    if (fade_running()) {
        fade_update();
        return;
    }
    text_update();
    switch (game.scene) {
    case SCENE_LOGO: logo_update(); break;
    case SCENE_TITLE: title_update(); break;
    case SCENE_NEW_GAME: new_game_update(); break;
    case SCENE_NAMING: naming_update(); break;
    case SCENE_INTRO: intro_update(); break;
    case SCENE_CLOCK: clock_update(); break;
    case SCENE_BATTLE: battle_update(); break;
    default: overworld_update(); break;
    }
}

/* What a player can see, too: the picture is fading, somebody is walking, words are appearing. */
static u8 is_busy(void) {
    if (fade_running() || game.moving) return 1;
    if (game.text_open && !text_is_settled()) return 1;
    return game.battle_phase == BATTLE_DRAIN;
}

int main(void) {
    u32 *word = (u32 *)STATE_ADDRESS;
    for (u32 i = 0; i < sizeof(GameState) / 4; i++) word[i] = 0;
    game.rng = 0x4D4F5353u;
    video_init();
    start_interrupts();
    logo_start();
    game.magic = STATE_MAGIC;
    for (;;) {
        wait_for_frame();
        game.frame++;
        random_advance();
        input_read();
        update();
        video_update();
        game.busy = is_busy();
    }
}
