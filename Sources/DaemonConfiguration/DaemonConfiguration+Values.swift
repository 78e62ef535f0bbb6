extension DaemonConfiguration {
    /// Gives checked values their types.
    init(_ values: EffectiveValues) throws(ConfigurationErrors) {
        typealias Keys = ConfigurationKeys
        postgres = Postgres(
            url: try values.optionalText(Keys.postgresURL),
            poolSize: try values.integer(Keys.postgresPoolSize),
            maxWaiting: try values.integer(Keys.postgresMaxWaiting),
            connectTimeout: try values.milliseconds(Keys.postgresConnectTimeout))
        managed = Managed(
            directory: try values.optionalText(Keys.managedDirectory),
            user: try values.text(Keys.managedUser),
            postgresBindir: try values.optionalText(Keys.managedPostgresBindir),
            runsRedis: try values.text(Keys.managedRedis) == "on",
            redisProgram: try values.optionalText(Keys.managedRedisProgram),
            redisMaxMemoryBytes: try values.integer(Keys.managedRedisMaxMemory))
        redis = Redis(
            url: try values.optionalText(Keys.redisURL),
            keyPrefix: try values.text(Keys.redisKeyPrefix),
            timeToLive: try values.milliseconds(Keys.redisTimeToLive),
            maxAnswerBytes: try values.integer(Keys.redisMaxAnswerBytes),
            localMaxBytes: try values.integer(Keys.cacheLocalMaxBytes))
        socket = Socket(
            path: try values.text(Keys.socketPath),
            mode: try values.mode(Keys.socketMode),
            group: try values.group(Keys.socketGroup))
        limits = try Limits(values)
        stats = Statistics(maxAge: try values.milliseconds(Keys.statsMaxAge))
        workers = Workers(
            expiryCleanup: try values.schedule(Keys.expiryCleanup),
            statsRefresh: try values.schedule(Keys.statsRefresh),
            cacheCounters: try values.schedule(Keys.cacheCounters))
        backups = try Backups(values)
        access = Access(
            adminGroup: try values.group(Keys.accessAdminGroup),
            rules: try values.rules(Keys.accessRules).map(\.rule))
        let slowRequest = try values.milliseconds(Keys.logSlowRequest)
        log = Log(
            level: try values.choice(Keys.logLevel), target: try values.choice(Keys.logTarget),
            format: try values.choice(Keys.logFormat), slowRequest: slowRequest == .zero ? nil : slowRequest)
        metrics = Metrics(
            textfileDirectory: try values.optionalText(Keys.metricsTextfileDirectory),
            textfileInterval: try values.milliseconds(Keys.metricsTextfileInterval),
            instance: try values.optionalText(Keys.metricsInstance))
        self.values = values
    }
}

extension DaemonConfiguration.Backups {
    fileprivate init(_ values: EffectiveValues) throws(ConfigurationErrors) {
        typealias Keys = ConfigurationKeys
        directory = try values.optionalText(Keys.backupsDirectory)
        replicationURL = try values.optionalText(Keys.backupsReplicationURL)
        dump = try values.schedule(Keys.backupsDump)
        let writes = try values.integer(Keys.backupsDumpAfterWrites)
        dumpAfterWrites = writes == 0 ? nil : writes
        dumpsBeforeMigration = try values.text(Keys.backupsDumpBeforeMigration) == "on"
        base = try values.schedule(Keys.backupsBase)
        wal = try values.choice(Keys.backupsWAL)
        verify = try values.schedule(Keys.backupsVerify)
        drill = try values.schedule(Keys.backupsDrill)
        keepDaily = try values.integer(Keys.backupsKeepDaily)
        keepWeekly = try values.integer(Keys.backupsKeepWeekly)
        keepMonthly = try values.integer(Keys.backupsKeepMonthly)
        keepBase = try values.integer(Keys.backupsKeepBase)
        maxAge = .seconds(try values.integer(Keys.backupsMaxAge) * 3_600)
        minFreeBytes = try values.integer(Keys.backupsMinFree)
    }
}

extension DaemonConfiguration.Limits {
    fileprivate init(_ values: EffectiveValues) throws(ConfigurationErrors) {
        typealias Keys = ConfigurationKeys
        maxFrameBytes = try values.integer(Keys.maxFrameBytes)
        frameTimeout = try values.milliseconds(Keys.frameTimeout)
        maxConnections = try values.integer(Keys.maxConnections)
        maxInFlightPerConnection = try values.integer(Keys.maxInFlightPerConnection)
        maxInFlight = try values.integer(Keys.maxInFlight)
        maxBufferedBytesPerConnection = try values.integer(Keys.maxBufferedBytesPerConnection)
        maxBufferedBytes = try values.integer(Keys.maxBufferedBytes)
        maxConnectionsPerUser = Self.ofOneUser(
            try values.integer(Keys.maxConnectionsPerUser), least: 1, all: maxConnections)
        maxInFlightPerUser = Self.ofOneUser(
            try values.integer(Keys.maxInFlightPerUser), least: maxInFlightPerConnection, all: maxInFlight)
        maxBufferedBytesPerUser = Self.ofOneUser(
            try values.integer(Keys.maxBufferedBytesPerUser), least: maxBufferedBytesPerConnection,
            all: maxBufferedBytes)
        maxQueueWait = try values.milliseconds(Keys.maxQueueWait)
        shutdownGrace = try values.milliseconds(Keys.shutdownGrace)
        defaultDeadline = try values.milliseconds(Keys.defaultDeadline)
    }

    /// What one user may have: as configured, or (0) most of what there is. One connection alone is never too much.
    private static func ofOneUser(_ configured: Int, least: Int, all: Int) -> Int {
        configured > 0 ? configured : max(all - max(all / 8, 1), least)
    }
}
