/* texts.h: every word the people of Mossbrook say. One entry a text.
 *
 * At most 26 letters a line, two lines a page: '\n' starts the second line, '\f' the next page, and
 * '@' stands for the player's name (up to 7 letters). build.py refuses a line that is too long. */
#ifndef TEXTS_H
#define TEXTS_H

#define TEXTS(TEXT) \
    TEXT(TEXT_NONE, "") \
    TEXT(TEXT_BATTLE, "") \
    TEXT(TEXT_NEW_GAME, "A new story begins.\nPress A and sign the book.") \
    TEXT(TEXT_INTRO, \
        "Ah, there you are!\nI am Professor Linden." \
        "\fI study the wild creatures\nof moss, glow and brook." \
        "\fSome live beside people,\nothers in the tall grass." \
        "\f@? A fine name.\nYour cart is on its way." \
        "\fWe meet soon, up north.\nWelcome!") \
    TEXT(TEXT_MOM_GREETS, \
        "MOM: Come in, @!\nYour room is upstairs." \
        "\fMOM: Please set the clock\non the wall up there.") \
    TEXT(TEXT_MOM_CLOCK, "MOM: Your clock, @!\nGo up and set it, please.") \
    TEXT(TEXT_MOM_STOPS, \
        "MOM: Is the clock right?\nWell done, @." \
        "\fMOM: Our neighbours have\na girl of your age, FERN." \
        "\fMOM: Go and say hello.\nThe house next door!") \
    TEXT(TEXT_MOM_LATER, "MOM: Have fun, @.\nAnd be home for supper.") \
    TEXT(TEXT_MOM_RESTS, "MOM: You two look tired.\nSit down for a while.\fYour creature is well now.") \
    TEXT(TEXT_RIVAL_LOCKED, "Nobody answers. MOM is\nwaiting at home.") \
    TEXT(TEXT_RIVAL_PARENT, "Welcome! FERN is up in her\nroom, walking in circles.") \
    TEXT(TEXT_RIVAL_MEETS, \
        "FERN: Oh! Are you @?\nI am FERN." \
        "\fFERN: The professor went\nnorth with a heavy bag." \
        "\fFERN: Go and look for him!\nI have to think.") \
    TEXT(TEXT_RIVAL_LATER, "FERN: Go north, @!\nI think best on my feet.") \
    TEXT(TEXT_VILLAGER, "I have all day, and so I\nwalk about. Hi, @!") \
    TEXT(TEXT_NORTH_CLOSED, "I should say hello to the\nneighbours before I go.") \
    TEXT(TEXT_BAG_FULL, "The professor's bag.\nThree creatures look out!") \
    TEXT(TEXT_BAG_EMPTY, "The professor's bag.\nTwo creatures are asleep.") \
    TEXT(TEXT_PROFESSOR_HELP, "LINDEN: Help! The grass is\nmoving! Quick, my bag!") \
    TEXT(TEXT_TAKE_MOSSNAIL, "MOSSNAIL, slow and sound.\nTake this one along?") \
    TEXT(TEXT_TAKE_LANTICK, "LANTICK, small and bright.\nTake this one along?") \
    TEXT(TEXT_TAKE_RILLET, "RILLET, quick as a brook.\nTake this one along?") \
    TEXT(TEXT_RUSTLE, "Something leaps out of the\ngrass at the professor!") \
    TEXT(TEXT_PROFESSOR_AGAIN, "LINDEN: It is back again!\nTry once more, @!") \
    TEXT(TEXT_PROFESSOR_THANKS, "LINDEN: Thanks, @!\nNow come to my laboratory.") \
    TEXT(TEXT_LAB_CLOSED, "The door is locked. The\nprofessor is out north.") \
    TEXT(TEXT_LAB_FIRST, "The professor asked me to\nhis laboratory first.") \
    TEXT(TEXT_LAB_WELCOME, \
        "LINDEN: Hello, @!\nIt likes you, I see." \
        "\fLINDEN: Keep it, and take\nthese three berries." \
        "\fLINDEN: In the next town a\nbadge is to be won.") \
    TEXT(TEXT_LAB_LATER, "LINDEN: Read both bars in\na fight, then choose.") \
    TEXT(TEXT_ASSISTANT, "I count moss. Nine hundred\nand four so far.") \
    TEXT(TEXT_KEEPER_ASKS, "Welcome to the care house.\nA bed for your creature?") \
    TEXT(TEXT_KEEPER_HEALS, "It is bright and well now.\nYour berries are refilled.") \
    TEXT(TEXT_KEEPER_BYE, "Come back at any time.\nThe kettle is always on.") \
    TEXT(TEXT_GUEST, "Who loses a fight is taken\nhere. Rest costs nothing.") \
    TEXT(TEXT_TOWNSMAN, "The hall lies beyond the\nnarrow path to the north.") \
    TEXT(TEXT_HEAL_FIRST, "My creature is tired. The\ncare house comes first.") \
    TEXT(TEXT_WALKER, "To and fro, to and fro.\nLet me by, then go.") \
    TEXT(TEXT_TRAINER_MEETS, "Every switch opens a door.\nNow show me your creature!") \
    TEXT(TEXT_TRAINER_BEATEN, "Well fought! Have a rest:\nyours is fresh again.") \
    TEXT(TEXT_TRAINER_LATER, "Go on, the leader waits.\nI tended to yours again.") \
    TEXT(TEXT_LEADER_WAITS, "HOLM: First beat my pupil\nover there.") \
    TEXT(TEXT_LEADER_MEETS, "HOLM: I am HOLM. I stand\nlike a rock.\fHOLM: Move me, if you can!") \
    TEXT(TEXT_LEADER_BEATEN, "HOLM: So that is how it\nfeels. The badge is yours!\f@ was given\nthe MOSSBROOK BADGE!") \
    TEXT(TEXT_LEADER_LATER, "HOLM: Wear it, @.\nThe story ends in the sun.") \
    TEXT(TEXT_CLOCK_ASKS, "The clock has stopped.\nIt wants to be set.") \
    TEXT(TEXT_CLOCK_SURE, "Is this the right time?") \
    TEXT(TEXT_CLOCK_RUNS, "The clock is ticking.\nIt is set just right.") \
    TEXT(TEXT_SIGN_TOWN, "MOSSBROOK, a quiet place\nbetween hill and stream.") \
    TEXT(TEXT_SIGN_ROUTE, "A path through the grass.\nCreatures may leap out!") \
    TEXT(TEXT_SIGN_LAB, "Professor LINDEN'S\nlaboratory") \
    TEXT(TEXT_SIGN_TOWN_2, "BROOKFALL, the town\nabove the water.") \
    TEXT(TEXT_CRATES, "Your things, packed in\ncrates. They rattle.") \
    TEXT(TEXT_PLANT, "A plant in a pot. It leans\ntowards the window.") \
    TEXT(TEXT_WELL, "A deep well. It repeats\nwhatever you say.") \
    TEXT(TEXT_KITCHEN, "It smells of barley soup.") \
    TEXT(TEXT_DESK, "A desk, a lamp, and a page\nthat only says: Dear...") \
    TEXT(TEXT_TRUNK, "A trunk full of jumpers.\nMOM knits.") \
    TEXT(TEXT_HEALER, "A warm lamp in water. It\nmakes creatures sleepy.") \
    TEXT(TEXT_BARREL, "A barrel of apples.") \
    TEXT(TEXT_NOTHING, "Nothing of interest.") \
    TEXT(TEXT_SIGN_GYM, "The HALL OF STONES.\nLeader: HOLM") \
    TEXT(TEXT_TV, "A film about snails. It is\nmore thrilling than most.") \
    TEXT(TEXT_BED, "A soft bed. Not yet!") \
    TEXT(TEXT_SHELF, "Books about weather, moss\nand the baking of bread.") \
    TEXT(TEXT_MACHINE, "It hums, and prints a long\nstrip of zeros.") \
    TEXT(TEXT_STATUE, "A stone figure. Is it\nwinking?") \
    TEXT(TEXT_LOST, "You wake up rested, and\nyour creature is well.")

enum TextId {
#define TEXT_ENUM(id, string) id,
    TEXTS(TEXT_ENUM)
#undef TEXT_ENUM
    TEXT_COUNT
};

#endif
