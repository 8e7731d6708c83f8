package smap.identity.mail;

/** Which mails go first when connections or turns are scarce. */
enum SendingLane {
    /** What somebody waits for, such as a code. */
    NORMAL,
    /** What can wait: it gets what the others leave over. */
    BULK
}
