/** The QuickJS module when it is compiled with DRYSTONE_QUICKJS_POST: everything in drystone.d.ts, and PostOffice. */
import { Mailbox } from "./drystone.js";

export * from "./drystone.js";

/** Bounds of an office. Omitted ones have the library's defaults. */
export interface PostOptions {
    /** Gets the letters that have no receipt when the office closes or after `giveUp`, and those that can never have one. */
    returned?: Mailbox;
    /** How many letters may wait in a proxy; default 10,000. */
    maxLetters?: number;
    /** How many bytes these letters may keep alive; default 2 GiB. */
    maxQueuedBytes?: number;
    /** For how many milliseconds a letter is offered before it is returned; default without end. */
    giveUp?: number;
    /** How many bytes an arriving letter may have; default 2 GiB. */
    maxLetterBytes?: number;
}

/** Also how to reach the server. Files are given by path, times in milliseconds. */
export interface PostOfficeOptions extends PostOptions {
    user?: string;
    password?: string;
    /** Instead of a user and a password. */
    token?: string;
    /** A file of certificates (PEM) that may have signed the server's, in addition to the system's. */
    tlsAuthority?: string;
    /** A file with the client's certificate (PEM), for servers that ask for one; needs `tlsKey`. */
    tlsCertificate?: string;
    tlsKey?: string;
    /** Refuse connections without TLS. */
    tlsRequired?: boolean;
    /** The stream's name; default "DRYSTONE". */
    stream?: string;
    /** The prefix of its subjects; default "drystone". */
    prefix?: string;
    /** How many bytes the stream may have if this call makes it; default 1 GiB. */
    streamBytes?: number;
    /** On how many servers of a cluster the stream is kept if this call makes it, 1 to 5; default 1. */
    replicas?: number;
    /** After how long without an answer from its receiver a letter is delivered again; default 10,000. */
    acknowledge?: number;
    /** How long the first connection may take; default 5,000. */
    connect?: number;
}

/** Counts of letters. */
export interface PostCounts {
    /** Letters with a receipt: the store has them. */
    sent: number;
    /** Letters that came into mailboxes. */
    received: number;
    /** Deliveries that were repeated, and ignored, after all of their letters had been posted. */
    duplicates: number;
    /** Letters that broke a rule. */
    malformed: number;
    /** Letters beyond the limits, or that no mailbox here could ever hold. */
    refused: number;
    /** Letters that went to the mailbox `returned`. */
    returned: number;
    /** Letters that should have been returned, but that no mailbox took. */
    lost: number;
    /** How often letters were offered again. */
    offeredAgain: number;
    /** How often the store was full. */
    full: number;
    /** Letters without a receipt. */
    waiting: number;
}

/** Carries letters from proxies to a store, and from the store to mailboxes, on threads of its own. */
export class PostOffice {
    /** Connects, which blocks the thread for up to `connect`. `servers`: separated by commas; default "localhost:4222". */
    constructor(servers?: string, options?: PostOfficeOptions);
    /** Two offices with a store in this process, for tests. */
    static pair(storeBytes?: number, options?: PostOptions): [PostOffice, PostOffice];
    /** The proxy of an address: letters posted to it go, in order, to the office that serves the address. */
    mailbox(address: string): Mailbox;
    /** Delivers the letters for an address to a mailbox. Letters that do not fit into it wait in the store. */
    serve(address: string, mailbox: Mailbox): void;
    /** Waits until every letter has a receipt; throws with code LIMIT_EXCEEDED, NOT_FOUND or END when some have none in time. */
    flush(timeout?: number): void;
    counts(): PostCounts;
    /** Ends the office after a flush, which does not wait unless a timeout is given. Throws what `flush` throws, after ending. */
    close(timeout?: number): void;
}
