/* toy.h: what the files of this cartridge offer each other. */
#ifndef TOY_H
#define TOY_H

#include "content.h"

/* main.c */
enum { KEY_A = 1, KEY_B = 2, KEY_START = 8 };
enum { KEY_RIGHT = 16, KEY_LEFT = 32, KEY_UP = 64, KEY_DOWN = 128 };
int is_pressed(u16 keys); /* went down in this frame */
int is_held(u16 keys);
u32 draw_random(void);
void show_screen(u32 callback2); /* Emerald's value of the screen that is on from now on */

/* screen.c */
void copy(u32 from, u32 to, u32 bytes); /* whole words, by DMA */
void set_up_screen(void);
void load_tileset(const Tileset *tileset, u32 first_tile);
void put_metatile(int x, int y, const u16 *entries);
void scroll_to(int x, int y);
void show_person(int slot, int x, int y, int graphics, int facing);
void hide_people(void);
void show_map(int shown);
void clear_text(void);
void put_letters(int column, int row, const u8 *text);
void put_letter(int column, int row, u8 letter);
void draw_window(int column, int row, int width, int height);
void clear_window(int column, int row, int width, int height);
void fade_through(void (*at_black)(void));
int update_fade(void); /* whether one is going on */

/* map.c */
void load_map(u8 group, u8 number);
void place_player(int x, int y, int facing);
void move_save_blocks(void);
int get_behaviour(int x, int y);
int is_blocked(int x, int y);
int is_active(int slot); /* whether an object is there */
int find_object(int x, int y); /* -1 for none */
void spawn_objects(void);
void draw_map(int x, int y); /* all that is seen from there, and from the tile left of it */
int get_flag(u32 flag);
void set_flag(u32 flag);

/* walk.c */
void update_field(void);
void begin_field(u8 group, u8 number, int x, int y, int facing);
void show_field(void);

/* talk.c */
void open_text(const u8 *text);
int update_text(void); /* whether a text is open */
void begin_script(const Script *script);
int update_script(void); /* whether one is running */
void stop_script(void);
void open_start_menu(void);
int update_start_menu(void); /* whether it is open */

/* party.c */
void give_starter(void);

#endif
