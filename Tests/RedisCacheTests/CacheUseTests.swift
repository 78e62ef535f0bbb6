import MemoryService
import MonotonicClock
import Testing

@testable import RedisCache

/// The rules of `COHERENCE.md` on when the cache may be used, event by event.
@Suite struct CacheUseTests {
    /// A daemon with number 1 and a clock that only the test moves.
    private struct Daemon {
        var use = CacheUse(member: 1)
        var now = MonotonicInstant.now

        /// One whose earlier life has settled.
        init() {
            poll()
            now += CacheUse.Limits.settling
            _ = handle(.tick)
        }

        static let redis: UInt32 = 77

        mutating func handle(_ event: CacheUse.Event) -> [CacheUse.Action] { use.handle(event, now: now) }

        mutating func establish() -> [CacheUse.Action] {
            handle(.established(cache: Self.redis, losses: use.losses))
        }

        /// Everybody is asked, this daemon announcing what it should.
        @discardableResult
        mutating func poll(_ others: CachePeer...) -> [CacheUse.Action] {
            let own = use.announcement
            return handle(.peers(.init(present: Set(others + [own]), heard: []), own: own, asked: now))
        }

        var isUsable: Bool { use.obstacle(now: now) == nil }
        var obstacle: String { use.obstacle(now: now) ?? "" }
    }

    @Test func whatAnEarlierLifeLeftMustSettleFirst() {
        let now = MonotonicInstant.now
        var use = CacheUse(member: 1)
        _ = use.handle(.established(cache: 7, losses: 0), now: now)
        #expect(use.announcement.cache == CachePeer.none)
        let own = use.beginAnnouncement()
        _ = use.handle(.peers(.init(present: [own], heard: nil), own: own, asked: now), now: now)
        #expect(use.obstacle(now: now)?.contains("begun") == true)
        _ = use.handle(.tick, now: now + CacheUse.Limits.settling)
        // The epoch that began before does not count.
        #expect(!use.isEstablished)
    }

    private static func usable(_ others: CachePeer...) -> Daemon {
        var daemon = Daemon()
        _ = daemon.establish()
        let own = daemon.use.announcement
        _ = daemon.handle(.peers(.init(present: Set(others + [own]), heard: []), own: own, asked: daemon.now))
        return daemon
    }

    private static func peer(_ member: UInt32, _ cache: UInt32 = Daemon.redis) -> CachePeer {
        CachePeer(member: member, cache: cache)
    }

    @Test func beginsOnlyWhenEstablishedAndAnnounced() {
        var daemon = Daemon()
        #expect(!daemon.isUsable)
        #expect(daemon.establish() == [.announce])
        #expect(daemon.obstacle.contains("told"))
        daemon.poll()
        #expect(daemon.isUsable)
    }

    @Test func aLossEndsItAtOnce() {
        var daemon = Self.usable()
        #expect(daemon.handle(.lost(reason: "gone")) == [.announce])
        #expect(daemon.obstacle == "gone")
        #expect(daemon.use.announcement.cache == CachePeer.none)
        // Once is enough to tell.
        #expect(daemon.handle(.lost(reason: "gone again")).isEmpty)
    }

    @Test func anEpochThatBeganBeforeALossDoesNotCount() {
        var daemon = Self.usable()
        _ = daemon.handle(.lost(reason: "gone"))
        let losses = daemon.use.losses
        _ = daemon.handle(.lost(reason: "a write"))
        #expect(daemon.handle(.established(cache: Daemon.redis, losses: losses)).isEmpty)
        #expect(!daemon.use.isEstablished)
        #expect(daemon.establish() == [.announce])
    }

    @Test func whatTheOthersSaidIsGoodForAWhileOnly() {
        var daemon = Self.usable()
        daemon.now += CacheUse.Limits.peersLease - .milliseconds(1)
        #expect(daemon.isUsable)
        daemon.now += .milliseconds(1)
        #expect(daemon.obstacle.contains("PostgreSQL"))
        daemon.poll()
        #expect(daemon.isUsable)
    }

    /// It may have been replaced by one with less in it.
    @Test func aPostgreSQLThatComesBackIsReasonForANewEpoch() {
        var daemon = Self.usable()
        _ = daemon.handle(.peersUnknown(reason: "it is down"))
        #expect(daemon.obstacle.contains("away"))
        daemon.poll()
        daemon.now += CacheUse.Limits.settling
        _ = daemon.handle(.tick)
        #expect(!daemon.use.isEstablished)
        _ = daemon.establish()
        daemon.poll()
        #expect(daemon.isUsable)
    }

    @Test func whileItIsAnnouncedItIsNotKnownWhatIs() {
        var daemon = Self.usable()
        _ = daemon.handle(.lost(reason: "gone"))
        #expect(!daemon.use.isAnnounced)
        _ = daemon.use.beginAnnouncement()
        #expect(daemon.use.lastAnnounced == nil && !daemon.use.isAnnounced)
        daemon.poll()
        #expect(daemon.use.isAnnounced)
        _ = daemon.establish()
        #expect(daemon.use.isAnnounced)
        _ = daemon.handle(.writeUnknown)
        #expect(daemon.use.isAnnounced == (daemon.use.lastAnnounced == CachePeer.none))
    }

    @Test func itCountsFromWhenTheyWereAsked() {
        var daemon = Self.usable()
        let (own, asked) = (daemon.use.announcement, daemon.now)
        daemon.now += .milliseconds(900)
        _ = daemon.handle(.peers(.init(present: [own], heard: []), own: own, asked: asked))
        #expect(!daemon.isUsable)
    }

    @Test(arguments: [CachePeer.none, 78])
    func everyoneMustUseTheSameCache(cache: UInt32) {
        var daemon = Self.usable(Self.peer(2))
        #expect(daemon.isUsable)
        daemon.poll(Self.peer(2), Self.peer(3, cache))
        #expect(daemon.obstacle.contains("another daemon"))
        daemon.poll(Self.peer(2), Self.peer(3))
        #expect(daemon.isUsable)
    }

    @Test func aDaemonThatChangesItsMindCountsAsBoth() {
        var daemon = Self.usable()
        daemon.poll(Self.peer(2), Self.peer(2, CachePeer.none))
        #expect(!daemon.isUsable)
    }

    @Test func aDaemonThatVanishesLeavesTimeAndThenANewEpoch() {
        var daemon = Self.usable(Self.peer(2))
        #expect(daemon.poll() == [.announce])
        #expect(daemon.obstacle.contains("gone"))
        daemon.poll()
        #expect(daemon.use.nextPoll(now: daemon.now) == daemon.now + CacheUse.Limits.pollInterval)
        daemon.now += CacheUse.Limits.settling - .milliseconds(1)
        #expect(daemon.use.nextPoll(now: daemon.now) == daemon.now + .milliseconds(1))
        #expect(daemon.handle(.tick).isEmpty)
        daemon.now += .milliseconds(1)
        _ = daemon.handle(.tick)
        #expect(!daemon.use.isEstablished)
        _ = daemon.establish()
        daemon.poll()
        #expect(daemon.isUsable)
    }

    @Test func aNewDaemonIsNoReasonToStop() {
        var daemon = Self.usable()
        #expect(daemon.poll(Self.peer(2)).isEmpty)
        #expect(daemon.isUsable)
    }

    @Test func anUnknownWriteKeepsEveryoneOffUntilItHasSettled() {
        var daemon = Self.usable()
        #expect(daemon.handle(.writeUnknown) == [.announce])
        #expect(daemon.use.announcement.cache == CachePeer.none && !daemon.isUsable)
        // The time counts from when PostgreSQL answers.
        daemon.now += .seconds(60)
        #expect(daemon.handle(.tick).isEmpty)
        daemon.poll()
        daemon.now += CacheUse.Limits.settling / 2
        #expect(daemon.handle(.writeUnknown) == [.announce])
        daemon.now += CacheUse.Limits.settling / 2
        #expect(daemon.handle(.tick).isEmpty)
        daemon.poll()
        daemon.now += CacheUse.Limits.settling
        _ = daemon.handle(.tick)
        #expect(!daemon.use.isEstablished)
    }

    /// An epoch that began before the writes had settled does not count, even if it is in force only after.
    @Test func anEpochUnderWayWhileAWriteSettlesDoesNotCount() {
        var daemon = Self.usable()
        _ = daemon.handle(.writeUnknown)
        _ = daemon.handle(.lost(reason: "gone"))
        daemon.poll()
        let losses = daemon.use.losses
        daemon.now += CacheUse.Limits.settling
        _ = daemon.handle(.tick)
        #expect(daemon.handle(.established(cache: Daemon.redis, losses: losses)).isEmpty)
        #expect(daemon.establish() == [.announce])
        daemon.poll()
        #expect(daemon.isUsable)
    }

    // MARK: Alone

    @Test func itIsAloneOnlyWhileItKnowsOfNoOther() {
        var daemon = Daemon()
        #expect(daemon.use.soleUntil(now: daemon.now) == nil)
        _ = daemon.establish()
        daemon.poll()
        let asked = daemon.now
        #expect(daemon.use.soleUntil(now: daemon.now) == asked + CacheUse.Limits.soleLease)
        daemon.now += .milliseconds(250)
        daemon.poll(Self.peer(2))
        #expect(daemon.use.soleUntil(now: daemon.now) == nil)
        // It has gone, and all is well again: but perhaps only its announcement has.
        daemon.poll()
        let gone = daemon.now
        daemon.now += CacheUse.Limits.settling
        _ = daemon.handle(.tick)
        _ = daemon.establish()
        daemon.poll()
        #expect(daemon.isUsable && daemon.use.soleUntil(now: daemon.now) == nil)
        daemon.now = gone + CacheUse.Limits.soleAfter
        daemon.poll()
        #expect(daemon.use.soleUntil(now: daemon.now) == daemon.now + CacheUse.Limits.soleLease)
        for event in [CacheUse.Event.lost(reason: "gone"), .writeUnknown, .peersUnknown(reason: "away")] {
            var hurt = daemon
            _ = hurt.handle(event)
            #expect(hurt.use.soleUntil(now: hurt.now) == nil, "\(event)")
        }
    }

    /// One that was there before may take itself for the only one as long as it may rely on its last question.
    @Test func oneThatBeginsBesideOthersWaitsUntilTheyKnowOfIt() {
        let now = MonotonicInstant.now
        var use = CacheUse(member: 1)
        let own = use.beginAnnouncement()
        let answer = CachePeersAnswer(present: [own, Self.peer(2)], heard: nil)
        _ = use.handle(.peers(answer, own: own, asked: now), now: now)
        #expect(CacheUse.Limits.peersLease > CacheUse.Limits.soleLease)
        _ = use.handle(.tick, now: now + CacheUse.Limits.peersLease - .milliseconds(1))
        #expect(use.obstacle(now: now)?.contains("begun") == true)
        _ = use.handle(.tick, now: now + CacheUse.Limits.peersLease)
        _ = use.handle(.established(cache: Daemon.redis, losses: use.losses), now: now)
        #expect(use.obstacle(now: now)?.contains("begun") != true)
    }

    // MARK: Rest

    @Test func itRestsWhenNobodyUsesTheCacheAndAllIsWell() {
        var daemon = Self.usable(Self.peer(2))
        let lastUse = daemon.now
        daemon.now += CacheUse.Limits.restAfter - .milliseconds(1)
        #expect(!daemon.use.mayRest(lastUse: lastUse, now: daemon.now))
        daemon.now += .milliseconds(1)
        // The time for which the others are relied on is over: it rests all the same, and takes nothing from the cache.
        #expect(daemon.use.mayRest(lastUse: lastUse, now: daemon.now) && !daemon.isUsable)
        #expect(
            daemon.use.nextPoll(isResting: true, now: daemon.now)
                == daemon.now + CacheUse.Limits.restingPollInterval)
        _ = daemon.handle(.writeUnknown)
        #expect(!daemon.use.mayRest(lastUse: lastUse, now: daemon.now))
    }

    @Test func oneThatCameAndWentUnseenCountsAsGone() {
        var daemon = Self.usable()
        daemon.now += .seconds(30)
        let own = daemon.use.announcement
        let answer = CachePeersAnswer(present: [own], heard: [3])
        #expect(daemon.handle(.peers(answer, own: own, asked: daemon.now)) == [.announce])
        #expect(daemon.obstacle.contains("gone"))
        daemon.poll()
        daemon.now += CacheUse.Limits.settling
        _ = daemon.handle(.tick)
        #expect(!daemon.use.isEstablished)
    }

    @Test func ownWordsAreNotHeard() {
        var daemon = Self.usable()
        let own = daemon.use.announcement
        _ = daemon.handle(.peers(.init(present: [own], heard: [1]), own: own, asked: daemon.now))
        #expect(daemon.isUsable)
    }

    @Test func aLostSessionMayHaveMissedSomeone() {
        var daemon = Self.usable()
        let own = daemon.use.announcement
        _ = daemon.handle(.peers(.init(present: [own], heard: nil), own: own, asked: daemon.now))
        #expect(daemon.obstacle.contains("session"))
    }
}
