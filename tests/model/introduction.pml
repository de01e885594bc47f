/*
 * Introduction and dissolution as one honest device, B, lives them (docs/PROTOCOL.md). All others
 * are hostile: each has its own key and signs with it whatever it likes, as often as it likes, and
 * what anybody ever signed arrives at any time, twice, late, or never. B's store is exact. A step
 * is one commit of B, one word of its user, or the loss of what B has in memory alone. README.md
 * tells what is left out. -DFAULT=NAME breaks the rule of that name.
 */
#ifndef PEERS
#define PEERS 3 /* two peers: with a clock and a replay memory; three: without */
#endif
#define CLOCK (PEERS == 2)
#define A      0
#define C      1
#define D      2 /* never paired, so that the search stays small */
#define NOBODY 3

/* The rules that can be broken. */
#define NO_FAULT      0
#define SIGNATURE     1
#define AUDIENCE      2
#define KIND          3
#define SUBJECT_KEY   4
#define CONSENT       5
#define PRESENTER     6
#define NONCE_OF_THIS 7
#define NONCE_ONCE    8
#define NONCE_OWNER   9
#define ISSUER_ACTIVE 10
#define ISSUER_TIME   11
#define ISSUER_MAY    12
#define ISSUER_PAIRED 13
#define KNOWN         14
#define TOMBSTONE     15
#define RIGHTS        16
#define MAY_PASSES    17
#define PROOF         18
#define HALF_RIGHTS   19
#define STILL_ACTIVE  20
#define STILL_TIME    21
#define STILL_MAY     22
#define STILL_RIGHTS  23
#define STONE_WRITTEN 24
#define STONE_CASCADE 25
#define NAME_LEAVES   26
#define HALF_LEAVES   27
#define NOTICE_OWNER  28
#define NOTICE_ISSUER 29
#define CTI_SEEN      30 /* from here on only with a clock */
#define CTI_ROOM      31
#define CTI_COMMIT    32
#define EXPIRY        33
#define SINCE         34
#ifndef FAULT
#define FAULT NO_FAULT
#endif
#define rule(name, holds) (FAULT == name || (holds))

/* What must hold; a run that breaks it ends with its name. */
#define must(name, holds) assert((holds) || broken.name)
typedef invariants {
	bool well_signed, own_act, fresh_nonce, introducer, one_level, known, stays_dissolved,
		rights, both_proved, half_has_no_rights, forgotten, authority, cti_once, in_time,
		this_trust
};
invariants broken; /* all false for ever: only their names matter */

mtype = { absent, introduced, trusted, gone }; /* gone: the peer said that it dissolved the trust */
mtype = { online, by_subject, by_user };    /* how an introduction comes */
mtype = { sound, altered, for_another, of_another_kind, of_another_key, without_consent,
	by_another, with_another_nonce };

typedef entry {
	mtype state = absent;
	bool paired;       /* origin PIN, code or NFC */
	bool may;          /* has the right introduce */
	bool lamp;         /* has the right to a service */
	bool over;         /* its end has come */
	byte by = NOBODY   /* introduced_by */
};
entry list[PEERS];
bool stone[PEERS];  /* tombstones */
bool parted[PEERS]; /* the truth: dissolved here, and not paired again since */

/* In memory alone: the session with an introducer in which a nonce is out, and for whom. */
byte meeting = NOBODY;
bool asked[PEERS];
bool took[PEERS]; /* the truth: accepted under this nonce */

#if CLOCK
#define DAYS 3
byte now, since;                 /* since: when the trust in A began */
byte seen_cti, seen_until;       /* replay memory for A, with room for one; until 0: empty */
bool unsaved;                    /* with CTI_COMMIT: seen, but not in the store yet */
byte watched_cti, watched_until; /* one statement of A about C, any */
bool watched_taken;
#endif

/* Chosen anew in every step, and put away after it. */
byte iss, sub, cti, made, until, i;
mtype how, flaw;
bool wish;

#define in_force(p)      (list[p].state == trusted && !list[p].over)
#define may_introduce(p) (in_force(p) && list[p].may && list[p].paired)

inline pick(peer)
{
	if
	:: peer = A
	:: peer = C
#if PEERS > 2
	:: peer = D
#endif
	fi
}

/* With a clock A alone introduces. */
inline pick_issuer()
{
#if CLOCK
	iss = A
#else
	pick(iss)
#endif
}

inline flip(v)
{
	if
	:: v = false
	:: v = true
	fi
}

inline end_meeting()
{
	meeting = NOBODY;
	for (i : 0 .. PEERS - 1) {
		asked[i] = false;
		took[i] = false
	}
}

inline forget(p)
{
	list[p].state = absent;
	list[p].paired = false;
	list[p].may = false;
	list[p].lamp = false;
	list[p].over = false;
	list[p].by = NOBODY
}

/* ---- what the user does ------------------------------------------------------------------ */

/* How is pairing.pml's matter: here it just succeeds. */
inline pair(p)
{
	forget(p);
	list[p].state = trusted;
	list[p].paired = true;
	#if CLOCK
	since = (p == A -> now : since);
#else
	flip(list[p].lamp);
#endif
	stone[p] = false;
	parted[p] = false
}

/* p's name leaves the others' entries, and whom it introduced and nobody met yet goes with it. */
inline leave(p)
{
	for (i : 0 .. PEERS - 1) {
		if
		:: list[i].by == p && list[i].state == introduced && FAULT != HALF_LEAVES ->
			forget(i)
		:: list[i].by == p && list[i].state != introduced && FAULT != NAME_LEAVES ->
			list[i].by = NOBODY
		:: else
		fi
	}
}

/* One commit: tombstone and entry, with cascade also of whoever is here by p alone; p's name. */
inline dissolve(p, cascade)
{
	stone[p] = (FAULT != STONE_WRITTEN);
	parted[p] = true;
	forget(p);
	for (i : 0 .. PEERS - 1) {
		if
		:: cascade && list[i].by == p ->
			stone[i] = (FAULT != STONE_CASCADE);
			parted[i] = true;
			forget(i)
		:: else
		fi
	}
	leave(p);
	end_meeting()
}

inline user()
{
	pick(sub);
	if
	:: sub != D -> pair(sub)
	:: list[sub].state != absent -> flip(wish); dissolve(sub, wish)
	:: list[sub].state == trusted -> flip(list[sub].may)
#if !CLOCK
	:: list[sub].state == trusted -> flip(list[sub].over)
#endif
	:: else
	fi
}

/* ---- introductions ----------------------------------------------------------------------- */

/* A peer that may introduce asks in its session and gets a nonce; all of that can end at once. */
inline meet()
{
	if
	:: meeting == NOBODY ->
		pick_issuer();
		if
		:: may_introduce(iss) ->
			meeting = iss;
			for (i : 0 .. PEERS - 1) {
				asked[i] = (i != iss)
			}
		:: else
		fi
	:: else -> end_meeting()
	fi
}

#define from_introducer (rule(ISSUER_ACTIVE, list[iss].state == trusted) && \
	rule(ISSUER_TIME, !list[iss].over) && rule(ISSUER_MAY, list[iss].may) && \
	rule(ISSUER_PAIRED, list[iss].paired))

#define for_one_unknown (iss != sub && rule(KNOWN, list[sub].state == absent) && \
	rule(TOMBSTONE, !stone[sub]))

#define flawless (rule(SIGNATURE, flaw != altered) && rule(AUDIENCE, flaw != for_another) && \
	rule(KIND, flaw != of_another_kind) && rule(SUBJECT_KEY, flaw != of_another_key) && \
	rule(CONSENT, flaw != without_consent))

#define comes_well (how == online && nonce_holds || \
	how == by_subject && rule(PRESENTER, flaw != by_another) && time_holds || \
	how == by_user && time_holds)

#define nonce_holds (rule(NONCE_OF_THIS, flaw != with_another_nonce) && \
	rule(NONCE_OWNER, meeting == iss) && rule(NONCE_ONCE, asked[sub]))

#if CLOCK
#define live (seen_until > now)
#define time_holds (rule(EXPIRY, until > now) && until <= made + 2 && \
	rule(SINCE, made >= since) && \
	rule(CTI_SEEN, !(live && seen_cti == cti)) && rule(CTI_ROOM, !(live && seen_cti != cti)))
#else
#define time_holds true
#endif

/* One flaw at a time is enough: the rules are a conjunction. */
inline choose_flaw()
{
	if
	:: flaw = sound
	:: flaw = altered
	:: flaw = for_another
	:: flaw = of_another_kind
	:: flaw = of_another_key
	:: flaw = without_consent
	:: flaw = by_another
	:: flaw = with_another_nonce
	fi
}

inline choose_way()
{
	if
	:: meeting != NOBODY -> how = online
	:: how = by_subject
	:: how = by_user
	fi;
#if CLOCK
	flip(cti);
	select(made : 0 .. now);
	select(until : 1 .. DAYS)
#else
	flip(wish)
#endif
}

inline remember()
{
#if CLOCK
	must(in_time, until > now);
	must(this_trust, made >= since);
	seen_cti = cti;
	seen_until = until;
	unsaved = (FAULT == CTI_COMMIT);
	if
	:: sub == C && cti == watched_cti && until == watched_until ->
		must(cti_once, !watched_taken);
		watched_taken = true
	:: else
	fi
#else
	skip
#endif
}

/* The commit that stores an introduced entry. */
inline accept()
{
	must(well_signed, flaw != altered && flaw != for_another && flaw != of_another_kind &&
			  flaw != of_another_key);
	must(own_act, flaw != without_consent && !(how == by_subject && flaw == by_another));
	must(introducer, in_force(iss) && list[iss].may);
	must(one_level, list[iss].paired);
	must(known, list[sub].state == absent);
	must(stays_dissolved, !parted[sub]);
	if
	:: how == online ->
		must(fresh_nonce, meeting == iss && flaw != with_another_nonce && !took[sub]);
		asked[sub] = false;
		took[sub] = true
	:: else -> remember()
	fi;
	list[sub].state = introduced;
	list[sub].paired = false;
	list[sub].may = (FAULT == MAY_PASSES);
	list[sub].lamp = wish && rule(RIGHTS, list[iss].lamp);
	list[sub].by = iss;
	must(rights, (!list[sub].lamp || list[iss].lamp) && !list[sub].may)
}

inline introduce()
{
	pick_issuer();
	pick(sub);
	if
	:: from_introducer && for_one_unknown ->
		choose_flaw();
		if
		:: flawless ->
			choose_way();
			if
			:: comes_well -> accept()
			:: else
			fi
		:: else
		fi
	:: else
	fi
}

/* ---- sessions ---------------------------------------------------------------------------- */

#define still_good (list[sub].by != NOBODY && \
	rule(STILL_ACTIVE, list[list[sub].by].state == trusted) && \
	rule(STILL_TIME, !list[list[sub].by].over) && \
	rule(STILL_MAY, list[list[sub].by].may && list[list[sub].by].paired))

/* wish: both proved their keys, and the peer trusts B too. */
inline activate()
{
	flip(wish);
	if
	:: still_good && rule(PROOF, wish) && !stone[sub] ->
		i = list[sub].by;
		must(both_proved, wish);
		must(introducer, in_force(i) && list[i].may);
		must(one_level, list[i].paired);
		must(stays_dissolved, !parted[sub]);
		list[sub].lamp = list[sub].lamp && rule(STILL_RIGHTS, list[i].lamp);
		list[sub].state = trusted;
		must(rights, !list[sub].lamp || list[i].lamp)
	:: else
	fi
}

inline session()
{
	pick(sub);
	if
	:: list[sub].state == introduced -> activate()
	/* It uses the service. */
	:: list[sub].lamp && (in_force(sub) || FAULT == HALF_RIGHTS) ->
		must(half_has_no_rights, list[sub].state == trusted)
	/* B dials: not_trusted(revoked). */
	:: list[sub].state == trusted -> list[sub].state = gone
	/* That, a revoke, or the end of its week. */
	:: list[sub].state == introduced || list[sub].state == trusted ->
		forget(sub);
		leave(sub)
	:: else
	fi
}

/* A tombstone that iss signed about sub, brought by whom it may be. */
inline notice()
{
	pick(iss);
	pick(sub);
	if
	:: list[sub].state != absent && rule(NOTICE_ISSUER, in_force(iss)) &&
		rule(NOTICE_OWNER, iss == sub || list[sub].by == iss) ->
		must(authority, list[iss].state == trusted && (iss == sub || !list[sub].paired));
		dissolve(sub, false)
	:: else
	fi
}

/* ---- and the rest ------------------------------------------------------------------------ */

#if CLOCK
inline tick()
{
	if
	:: now < DAYS -> now++
	/* What the disk never got is lost with the power. */
	:: unsaved -> seen_until = 0; unsaved = false; end_meeting()
	:: else
	fi
}
#endif

inline judge()
{
	for (i : 0 .. PEERS - 1) {
		must(forgotten, list[i].by == NOBODY || list[list[i].by].state != absent);
		must(stays_dissolved, list[i].state == absent || !parted[i])
	}
	iss = 0; sub = 0; cti = 0; made = 0; until = 0; i = 0;
	how = 0; flaw = 0; wish = false
}

active proctype device_b()
{
#if CLOCK
	flip(watched_cti);
	select(watched_until : 1 .. DAYS);
#endif
	do
	:: atomic { true -> user(); judge() }
	:: atomic { true -> meet(); judge() }
	:: atomic { true -> introduce(); judge() }
	:: atomic { true -> session(); judge() }
	:: atomic { true -> notice(); judge() }
#if CLOCK
	:: atomic { true -> tick() }
#endif
	od
}
