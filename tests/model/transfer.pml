/*
 * A introduces B and C to each other (docs/PROTOCOL.md); all three are honest, their network and
 * their power are not: words of a session are lost with it, statements come late, twice or never,
 * A is switched off for good at any moment. B and C end up with whole trust on both sides or with
 * none in use on either. README.md tells what is left out. -DFAULT=NAME breaks the rule of that
 * name; -DLIVE has few faults and nobody who parts, for the claim that an introduction ends well.
 */
#define B 0
#define C 1
#define OTHER (1 - d)

/* The rules that can be broken. */
#define NO_FAULT       0
#define OWN_NONCE      1
#define NONCE_LOST     2
#define SEEN           3
#define TOMBSTONE      4
#define STILL_ALLOWED  5
#define HELLO_FIRST    6
#define WELCOME_FIRST  7
#define HALF_IS_WHOLE  8
#define CONSENT        9
#define HALF_SETTLES   10 /* noticed with and without LIVE */
#define PRESENTS       11 /* from here on noticed with LIVE alone */
#define CRASH_KEEPS    12
#ifndef FAULT
#define FAULT NO_FAULT
#endif
#define rule(name, holds) (FAULT == name || (holds))

/* What must hold; a run that breaks it ends with its name. */
#define must(name, holds) assert((holds) || broken.name)
typedef invariants {
	bool consent, nonce_once, paper_once, allowed, stays_dissolved, both_took, mutual,
		half_has_no_rights
};
hidden invariants broken; /* all false for ever: only their names matter */

#ifdef LIVE
#define FAULTS 3
#define PARTINGS 0
#define POLICY true /* introductions are taken without a question */
#else
#define FAULTS 3
#define PARTINGS 2
#define POLICY false
#endif
#define NONCES 2 /* of each of B and C */

mtype = { absent, introduced, whole };
mtype = { idle, c_wait, c_up, s_wait, s_up };

/* ---- on the disks of B and C: what each holds about the other and about A ---------------- */

mtype trust[2] = absent;
bool allowed[2] = true; /* A is active here, and may introduce */
bool carried[2];        /* A's word for the other, to be presented to it */
bool seen[2];           /* replay memory: the carried statement was taken */
bool stone[2];          /* B parted from C, or C from B */

/* ---- in memory --------------------------------------------------------------------------- */

bool a_on = true;
byte nonce[2];         /* given to A in the open session; 0: none */
byte nonce_at_a[2];    /* what A has of it */
bool agreed[2] = POLICY; /* the user said yes to this introduction */
mtype session[2] = idle;

/* ---- signed by A, and words of the session between B and C ------------------------------- */

byte online[2]; /* a bit for each nonce over which A signed for that device */
bool paper;     /* both carried statements exist */
bool present, hello, welcome, unknown;

/* ---- counted, and the truth -------------------------------------------------------------- */

byte nonces[2], faults, partings;
byte took[2];       /* a bit for each nonce under which a statement was taken */
bool took_paper[2];
bool took_any[2];
bool parted[2];
bool moved = true;  /* the last step changed something */
byte d;             /* chosen anew in every step */

inline nothing()
{
	moved = false
}

inline choose()
{
	if
	:: d = B
	:: d = C
	fi
}

inline session_ends()
{
	present = false; hello = false; welcome = false; unknown = false;
	session[B] = idle;
	session[C] = idle
}

/* ---- A ----------------------------------------------------------------------------------- */

/* The session with A: a question, the user's consent, a nonce, a statement over it. */
inline with_a()
{
	choose();
	if
	:: a_on && allowed[d] && nonce[d] == 0 && nonces[d] < NONCES && rule(CONSENT, agreed[d]) ->
		must(consent, agreed[d]);
		nonces[d]++;
		nonce[d] = nonces[d];
		nonce_at_a[d] = nonce[d]
	:: a_on && nonce_at_a[d] != 0 && nonce_at_a[OTHER] != 0 ->
		online[d] = online[d] | (1 << nonce_at_a[d]);
		nonce_at_a[d] = 0
	:: a_on && !paper -> paper = true
	:: !agreed[d] -> agreed[d] = true
#ifndef LIVE
	:: a_on -> a_on = false; nonce_at_a[B] = 0; nonce_at_a[C] = 0
#endif
	:: else -> nothing()
	fi
}

/* ---- taking an introduction -------------------------------------------------------------- */

inline takes()
{
	must(allowed, allowed[d]);
	must(consent, agreed[d]);
	must(stays_dissolved, !parted[d]);
	trust[d] = introduced;
	took_any[d] = true
}

inline by_session()
{
	choose();
	if
	:: trust[d] == absent && allowed[d] && rule(TOMBSTONE, !stone[d]) && nonce[d] != 0 &&
		(online[d] & (1 << nonce[d])) != 0 ->
		must(nonce_once, (took[d] & (1 << nonce[d])) == 0);
		took[d] = took[d] | (1 << nonce[d]);
		takes();
		nonce[d] = (FAULT == NONCE_LOST -> nonce[d] : 0)
	/* A statement over a nonce of an earlier session. */
	:: trust[d] == absent && allowed[d] && !stone[d] && nonce[d] != 0 &&
		FAULT == OWN_NONCE && online[d] != 0 ->
		must(nonce_once, (online[d] & took[d]) == 0);
		took[d] = online[d];
		takes();
		nonce[d] = 0
	:: else -> nothing()
	fi
}

#define paper_holds (paper && allowed[d] && rule(SEEN, !seen[d]) && trust[d] == absent && \
	rule(TOMBSTONE, !stone[d]))

/* The same for trec accept and for a stranger's bundle: one commit. */
inline takes_paper(twin)
{
	must(paper_once, !took_paper[d]);
	took_paper[d] = true;
	seen[d] = true;
	carried[d] = twin;
	takes()
}

inline by_file()
{
	choose();
	if
	:: paper_holds -> agreed[d] = true; takes_paper(true)
	:: else -> nothing()
	fi
}

/* ---- sessions between B and C ------------------------------------------------------------ */

inline connects()
{
	session[d] = c_wait;
	present = carried[d] && FAULT != PRESENTS;
	if
	:: trust[OTHER] != absent -> session[OTHER] = s_wait
	:: trust[OTHER] == absent && present -> session[OTHER] = s_wait
	:: else -> unknown = true
	fi
}

/* All conditions again, in the commit that makes it whole. */
inline settles(up)
{
	if
	:: trust[d] == introduced && FAULT == HALF_SETTLES -> session[d] = up
	:: trust[d] == introduced && rule(STILL_ALLOWED, allowed[d]) && !stone[d] &&
		FAULT != HALF_SETTLES ->
		must(allowed, allowed[d]);
		must(both_took, took_any[OTHER]);
		must(stays_dissolved, !parted[d]);
		trust[d] = whole;
		carried[d] = false;
		session[d] = up
	:: trust[d] == whole -> session[d] = up
	:: else -> session_ends()
	fi
}

/* A stranger's bundle first; without the user's yet: not_trusted(pending). */
inline server()
{
	if
	:: trust[d] == absent && present && paper_holds && rule(CONSENT, agreed[d]) ->
		takes_paper(false)
	:: trust[d] == absent && !(paper_holds && rule(CONSENT, agreed[d])) ->
		unknown = true;
		session[d] = idle
	:: trust[d] != absent && (hello || FAULT == HELLO_FIRST) ->
		must(mutual, hello);
		welcome = true;
		settles(s_up)
	:: else -> nothing()
	fi
}

/* Unknown there: what is only introduced here stays, until its week is over. */
inline client()
{
	if
	:: unknown -> session_ends()
	:: !unknown && (welcome || FAULT == WELCOME_FIRST) ->
		must(mutual, welcome);
		settles(c_up)
	:: !unknown && !welcome && !hello -> hello = true
	:: else -> nothing()
	fi
}

inline sessions()
{
	choose();
	if
	:: session[B] == idle && session[C] == idle && trust[d] != absent -> connects()
	:: session[d] == s_wait -> server()
	:: session[d] == c_wait -> client()
#ifndef LIVE
	/* A service is used. */
	:: session[d] == c_up || session[d] == s_up || FAULT == HALF_IS_WHOLE &&
		trust[d] == introduced ->
		must(half_has_no_rights, trust[d] == whole)
#endif
	:: session[d] == c_up && session[OTHER] == s_up -> session_ends()
	:: else -> nothing()
	fi
}

/* ---- parting, and what goes wrong -------------------------------------------------------- */

inline parts()
{
	choose();
	partings++;
	if
	/* B from C, or C from B. */
	:: trust[d] != absent ->
		stone[d] = true; parted[d] = true;
		trust[d] = absent; carried[d] = false;
		session_ends()
	/* From A: whom it only introduced goes with it, at the latest when it would become whole. */
	:: allowed[d] ->
		allowed[d] = false;
		nonce[d] = 0
	/* Its week is over. */
	:: trust[d] == introduced -> trust[d] = absent; carried[d] = false; session_ends()
	:: else -> nothing()
	fi
}

inline fault()
{
	choose();
	faults++;
	if
	:: session_ends()
	:: nonce[d] = 0; nonce_at_a[d] = 0
	/* Its power fails. */
	:: nonce[d] = 0; agreed[d] = POLICY;
		carried[d] = carried[d] && FAULT != CRASH_KEEPS;
		session_ends()
	fi
}

inline judge()
{
	must(stays_dissolved, !(trust[B] != absent && parted[B]));
	must(stays_dissolved, !(trust[C] != absent && parted[C]));
	d = 0
}

init
{
	do
	:: atomic { moved = true; with_a(); judge() }
	:: atomic { moved = true; by_session(); judge() }
	:: atomic { moved = true; by_file(); judge() }
	:: atomic { moved = true; sessions(); judge() }
	:: atomic { partings < PARTINGS -> moved = true; parts(); judge() }
	:: atomic { faults < FAULTS -> moved = true; fault(); judge() }
	od
}

#ifdef LIVE
/* With A's word at hand, and devices that go on doing something, both come to trust. */
#define word_for(x) (trust[x] != absent && (trust[1 - (x)] != absent || carried[x]))
ltl ends_well {
	[]<> moved -> [] ((word_for(B) || word_for(C)) -> <> (trust[B] == whole && trust[C] == whole))
}
#endif
