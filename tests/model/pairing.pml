/*
 * Pairing and its end between two honest devices (docs/PROTOCOL.md): I, where the secret is typed,
 * and R, whose window is open. The network belongs to an attacker: a device takes any frame that
 * was ever sent, so frames are lost, late, doubled, out of order, and from other runs; and the
 * attacker makes its own of what it knows, which is no secret. A run and a device end anywhere.
 * README.md tells what is left out. -DFAULT=NAME breaks the rule of that name; -DLIVE has few
 * faults and nobody who parts, for the claim that a half pairing becomes whole.
 */
#define I 0
#define R 1
#define OTHER (1 - d)

/* The rules that can be broken. */
#define NO_FAULT        0
#define ANY_CONFIRM     1
#define CONFIRM_BINDING 2
#define COMMIT_BINDING  3
#define DONE_BINDING    4
#define COUNT_FIRST     5
#define COUNT_STORED    6
#define LIMIT           7
#define ONE_TIME        8
#define SPENT_TOGETHER  9
#define COMMIT_LAST     10
#define DONE_LAST       11
#define STILL_WANTED    12
#define HELLO_FIRST     13
#define WELCOME_FIRST   14
#define SESSION_BINDING 15
#define PARTS_WHOLLY    16
#define REVOKE_OWNER    17
#define HALF_SETTLES    18 /* noticed with and without LIVE */
#define HALF_IS_SERVED  19 /* noticed with LIVE alone */
#ifndef FAULT
#define FAULT NO_FAULT
#endif
#define rule(name, holds) (FAULT == name || (holds))

/* What must hold; a run that breaks it ends with its name. */
#define must(name, holds) assert((holds) || broken.name)
typedef invariants {
	bool same_secret, one_use, guesses, half_first, whole_first, stays_dissolved, mutual,
		half_has_no_rights, own_word
};
hidden invariants broken; /* all false for ever: only their names matter */

#define RUNS    2 /* of each side; attempts of the attacker are not counted */
#define SECRETS 2
#define GUESSES 2 /* wrong ones that are answered */
#ifdef LIVE
#define FAULTS 2
#define PARTINGS 0
#else
#define FAULTS 3
#define PARTINGS 2
#endif

mtype = { absent, whole, gone }; /* gone: the peer said that it dissolved the trust */
mtype = { idle, shared, confirmed, stored, counted, answered, proved, halved };
mtype = { c_wait, c_up, s_wait, s_up };

/* ---- on the disk ------------------------------------------------------------------------- */

mtype trust[2] = absent;
bool half[2];
bool stone[2];
byte wrong[SECRETS + 1]; /* attempts counted at R */
bool spent[SECRETS + 1];

/* ---- in memory --------------------------------------------------------------------------- */

byte window;           /* R's secret, 0: closed */
mtype i_run = idle, r_run = idle;
byte i_no, i_with;     /* nonces of I's run: its own, R's */
byte r_no, r_with;     /* of R's run; 0, 0: the attacker's attempt */
byte r_secret;
mtype session[2] = idle;
bool courtesy[2];      /* the word to the peer that it was parted from */

/* ---- on the wire, for ever --------------------------------------------------------------- */

byte share[RUNS + 1];   /* of I's run: the secret typed */
byte reply[RUNS + 1];   /* of R's run: the run of I that it answers */
byte confirm[RUNS + 1]; /* of I's run: the run of R that it confirms */
bool commit[RUNS + 1];  /* of R's run */
bool done[RUNS + 1];    /* of I's run */
bool hello, welcome, unknown, revoked;     /* of this session */
bool old_hello, old_welcome, old_revoked;  /* of any before */
bool revokes[2];                            /* signed by it, ever */

/* ---- counted, and the truth -------------------------------------------------------------- */

byte secrets, i_runs, r_runs, faults, partings;
byte guessed[SECRETS + 1]; /* wrong attempts that were answered */
bool used[SECRETS + 1];
bool halves[RUNS + 1], wholes[RUNS + 1];
bool parted[2]; /* dissolved here, and not paired again since */
bool moved = true; /* the last step changed something */
byte d;            /* chosen anew in every step */

#define trusts(x) (trust[x] == whole || half[x])

inline nothing()
{
	moved = false
}

inline i_ends()
{
	i_run = idle; i_no = 0; i_with = 0
}

inline r_ends()
{
	r_run = idle; r_no = 0; r_with = 0; r_secret = 0
}

inline session_ends()
{
	old_hello = old_hello || hello;
	old_welcome = old_welcome || welcome;
	old_revoked = old_revoked || revoked;
	hello = false; welcome = false; unknown = false; revoked = false;
	session[I] = idle;
	session[R] = idle
}

/* ---- pairing: I -------------------------------------------------------------------------- */

inline i_begins()
{
	i_runs++;
	i_no = i_runs;
	select(d : 1 .. secrets);
	share[i_no] = d;
	i_run = shared
}

/* confirmV holds: it is over this very exchange, by somebody who knows the secret. */
inline i_takes_reply()
{
	select(d : 1 .. r_runs);
	if
	:: reply[d] == i_no -> i_with = d; confirm[i_no] = d; i_run = confirmed
	:: else -> nothing()
	fi
}

inline i_takes_commit()
{
	select(d : 1 .. r_runs);
	if
	:: commit[d] && rule(COMMIT_BINDING, d == i_with) ->
		must(half_first, halves[i_with]);
		trust[I] = whole; half[I] = false; stone[I] = false;
		parted[I] = false;
		wholes[i_no] = true;
		i_run = stored
	:: else -> nothing()
	fi
}

inline initiator()
{
	if
	:: i_run == idle && i_runs < RUNS && secrets > 0 -> i_begins()
	:: i_run == shared && r_runs > 0 -> i_takes_reply()
	:: i_run == confirmed && r_runs > 0 -> i_takes_commit()
	:: i_run == confirmed && FAULT == DONE_LAST && !done[i_no] -> done[i_no] = true
	:: i_run == stored -> done[i_no] = true; i_ends()
	:: else -> nothing()
	fi
}

/* ---- pairing: R -------------------------------------------------------------------------- */

inline r_opens()
{
	if
	:: secrets < SECRETS -> secrets++; window = secrets
	/* A preset PIN again. */
	:: secrets > 0 && rule(ONE_TIME, !spent[secrets]) -> window = secrets
	:: else -> nothing()
	fi
}

/* A share of I's, of any of its runs, or a guess; the attempt is counted. */
inline r_takes_share()
{
	if
	:: i_runs > 0 && r_runs < RUNS ->
		select(d : 1 .. i_runs);
		if
		:: share[d] != 0 -> r_runs++; r_no = r_runs; r_with = d; r_run = counted
		:: else
		fi
	:: r_run = counted /* the attacker's */
	fi;
	if
	:: r_run == counted ->
		r_secret = window;
		wrong[window] = wrong[window] + (FAULT == COUNT_FIRST -> 0 : 1)
	:: else
	fi
}

inline r_replies()
{
	reply[r_no] = r_with;
	r_run = answered;
	guessed[r_secret] = guessed[r_secret] + (r_with == 0 -> 1 : 0);
	must(guesses, guessed[r_secret] <= GUESSES)
}

#define proof_holds (r_with != 0 && confirm[r_with] == r_no && share[r_with] == r_secret)

/* The attempt is given back. */
inline r_takes_confirm()
{
	if
	:: proof_holds || FAULT == ANY_CONFIRM || FAULT == CONFIRM_BINDING && r_with != 0 &&
		share[r_with] == r_secret && confirm[r_with] != 0 ->
		wrong[r_secret] = wrong[r_secret] - (wrong[r_secret] > 0 -> 1 : 0);
		r_run = proved
	:: else -> nothing()
	fi
}

/* One commit: half an entry, the secret used up; then the window is closed. */
inline r_stores()
{
	must(same_secret, proof_holds);
	must(one_use, !used[r_secret]);
	used[r_secret] = true;
	half[R] = true;
	halves[r_no] = true;
	parted[R] = false;
	window = 0;
	r_run = halved;
	if
	:: FAULT != SPENT_TOGETHER -> spent[r_secret] = true
	:: else
	fi
}

inline r_takes_done()
{
	if
	:: done[r_with] && confirm[r_with] == r_no || FAULT == DONE_BINDING && done[1] ->
		if
		:: rule(STILL_WANTED, trusts(R)) ->
			must(whole_first, wholes[r_with]);
			trust[R] = whole; half[R] = false; stone[R] = false
		:: else
		fi;
		r_ends()
	:: else -> nothing()
	fi
}

inline responder()
{
	if
	:: r_run == idle && window == 0 -> r_opens()
	:: r_run == idle && window != 0 && rule(LIMIT, wrong[window] < GUESSES) -> r_takes_share()
	:: r_run == counted -> r_replies()
	:: r_run == answered && FAULT == COUNT_FIRST && r_with == 0 ->
		wrong[r_secret]++; r_ends()
	:: r_run == answered -> r_takes_confirm()
	:: r_run == proved && FAULT == COMMIT_LAST && !commit[r_no] -> commit[r_no] = true
	:: r_run == proved -> r_stores()
	:: r_run == halved && !commit[r_no] -> commit[r_no] = true; spent[r_secret] = true
	:: r_run == halved -> r_takes_done()
	:: else -> nothing()
	fi
}

/* ---- sessions ---------------------------------------------------------------------------- */

/* Both ends are free, the client trusts the server; TLS proves both keys, and no more. */
inline connects()
{
	session[d] = c_wait;
	if
	:: trusts(OTHER) && (FAULT != HALF_IS_SERVED || trust[OTHER] == whole) ->
		session[OTHER] = s_wait
	:: !trusts(OTHER) && stone[OTHER] -> revoked = true
	:: else -> unknown = true
	fi
}

/* A mutual session: half an entry becomes whole. */
inline settles(up)
{
	if
	:: trusts(d) ->
		session[d] = up;
		if
		:: half[d] && FAULT != HALF_SETTLES ->
			must(stays_dissolved, !parted[d]);
			trust[d] = whole; half[d] = false; stone[d] = false
		:: else
		fi
	:: else -> session_ends()
	fi
}

inline says_hello()
{
	if
	:: session[d] == c_wait && !hello && !unknown && !revoked -> hello = true
	:: else -> nothing()
	fi
}

inline server()
{
	if
	:: hello || FAULT == SESSION_BINDING && old_hello || FAULT == HELLO_FIRST ->
		must(mutual, hello);
		welcome = true;
		settles(s_up)
	:: else -> nothing()
	fi
}

inline rejected(word)
{
	half[d] = false;
	if
	:: word && trust[d] == whole -> trust[d] = gone
	:: else
	fi;
	session_ends()
}

inline client()
{
	if
	:: welcome || FAULT == SESSION_BINDING && old_welcome || FAULT == WELCOME_FIRST ->
		must(mutual, welcome);
		settles(c_up)
	:: revoked || FAULT == SESSION_BINDING && old_revoked ->
		must(own_word, revoked);
		rejected(true)
	:: unknown -> rejected(false)
	:: else -> says_hello()
	fi
}

inline sessions()
{
	if
	:: d = I
	:: d = R
	fi;
	if
	:: session[I] == idle && session[R] == idle && trusts(d) -> connects()
	:: session[d] == s_wait -> server()
	:: session[d] == c_wait -> client()
#ifndef LIVE
	/* A service is used. */
	:: session[d] == c_up || session[d] == s_up ->
		must(half_has_no_rights, trust[d] == whole)
#endif
	:: session[d] == c_up && session[OTHER] == s_up -> session_ends()
	:: else -> nothing()
	fi
}

/* ---- dissolution ------------------------------------------------------------------------- */

/* One commit; its sessions end. */
inline dissolves()
{
	if
	:: (trusts(d) || trust[d] == gone) && partings < PARTINGS ->
		partings++;
		stone[d] = true;
		trust[d] = absent; half[d] = (half[d] && FAULT == PARTS_WHOLLY);
		parted[d] = true;
		courtesy[d] = true;
		revokes[d] = true;
		session_ends()
	:: else -> nothing()
	fi
}

/* The signed word comes over a session in which somebody proved the key of the peer, or not. */
inline hears()
{
	if
	:: courtesy[OTHER] || FAULT == REVOKE_OWNER && revokes[OTHER] ->
		must(own_word, courtesy[OTHER]);
		trust[d] = absent; half[d] = false;
		courtesy[OTHER] = false;
		session_ends()
	:: else -> nothing()
	fi
}

inline parting()
{
	if
	:: d = I
	:: d = R
	fi;
	if
	:: true -> dissolves()
	:: true -> hears()
	:: courtesy[d] = false /* ten seconds are over */
	fi
}

/* ---- what goes wrong --------------------------------------------------------------------- */

inline loses_power()
{
	if
	:: i_ends();
		courtesy[I] = false
	:: r_ends();
		window = 0;
		courtesy[R] = false;
		for (d : 1 .. SECRETS) {
			wrong[d] = (FAULT == COUNT_STORED -> 0 : wrong[d])
		}
	fi;
	session_ends()
}

/* Somebody closes, or cuts, or waits too long; the day of half an entry is over. */
inline fault()
{
	faults++;
	if
	:: loses_power()
	:: i_run != idle -> i_ends()
	:: r_run != idle -> r_ends()
	:: window != 0 && r_run == idle -> window = 0
	:: session[I] != idle || session[R] != idle -> session_ends()
#ifndef LIVE
	:: half[R] -> half[R] = false
#endif
	fi
}

inline judge()
{
	must(stays_dissolved, !(trust[I] == whole && parted[I]));
	must(stays_dissolved, !(trust[R] == whole && parted[R]));
	d = 0
}

init
{
	do
	:: atomic { moved = true; initiator(); judge() }
	:: atomic { moved = true; responder(); judge() }
	:: atomic { moved = true; sessions(); judge() }
#ifndef LIVE
	:: atomic { moved = true; parting(); judge() }
#endif
	:: atomic { faults < FAULTS -> moved = true; fault(); judge() }
	od
}

#ifdef LIVE
/* Faults are few: when devices go on doing something, half a pairing becomes whole. */
ltl heals {
	[]<> moved -> [] ((half[R] && trust[I] == whole && session[I] == idle &&
		session[R] == idle) -> <> (trust[R] == whole))
}
#endif
