import RedisDriver

/// The steps that Redis must make as one. It runs a script without anything between.
struct CacheScript: Sendable {
    let source: String

    /// Loads the script; the reply is its SHA-1, by which it is called.
    var load: RedisCommand { RedisCommand("SCRIPT", "LOAD", source) }

    /// All, in the order of `CacheScripts`' names.
    static let all = [lease, fill, generations, finish, place]

    /// The entry of a memory that may be filled: a lease, the one that is there or a new one; or an answer of this epoch
    /// and store that came meanwhile. Keys: entry, epoch. Arguments: a new lease, milliseconds, a new epoch for want of
    /// one, the store's name. Returns the epoch and the entry.
    static let lease = CacheScript(
        source: """
            local epoch = redis.call('GET', KEYS[2])
            if not epoch then
                epoch = ARGV[3]
                redis.call('SET', KEYS[2], epoch)
            end
            local entry = redis.call('GET', KEYS[1])
            if entry and (string.sub(entry, 1, 1) ~= 'V' or string.sub(entry, 2, 33) == epoch .. ARGV[4]) then
                return {epoch, entry}
            end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return {epoch, ARGV[1]}
            """)

    /// Puts an answer in the place of a lease, if that is still there. Keys: entry. Arguments: the lease, the answer,
    /// milliseconds.
    static let fill = CacheScript(
        source: """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
            """)

    /// The epoch and the generations, made where there are none. Keys: epoch, generations. Arguments: a new token,
    /// milliseconds.
    static let generations = CacheScript(
        source: """
            local found = redis.call('MGET', unpack(KEYS))
            for i, token in ipairs(KEYS) do
                if not found[i] then
                    found[i] = ARGV[1]
                    if i == 1 then
                        redis.call('SET', KEYS[i], ARGV[1])
                    else
                        redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
                    end
                end
            end
            return found
            """)

    /// Ends a write of one memory: deletes the generations, and puts the answer in the place of the writer's lease, or
    /// deletes the entry when another write has come between, or something foreign is there. Keys: entry, generations. Arguments: the lease, the answer,
    /// milliseconds.
    static let finish = CacheScript(
        source: """
            if redis.pcall('GET', KEYS[1]) == ARGV[1] then
                redis.call('DEL', unpack(KEYS, 2))
                redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
                return 1
            end
            redis.call('DEL', unpack(KEYS))
            return 0
            """)
}

extension CacheScript {
    /// Puts the answer of a read of many memories under the generations that are in force, made where there are none, if the
    /// epoch is still the one of the read: it may be executed late. Keys: entry, epoch, generations. Arguments: a new token, the
    /// generations' milliseconds, the entry's, what is before the tokens in it and after them, the epoch.
    static let place = CacheScript(
        source: """
            local found = redis.call('MGET', unpack(KEYS, 2))
            if found[1] ~= ARGV[6] then return 0 end
            for i = 2, #KEYS - 1 do
                local name = KEYS[i + 1]
                if not found[i] then
                    found[i] = ARGV[1]
                    redis.call('SET', name, ARGV[1], 'PX', ARGV[2])
                else
                    redis.call('PEXPIRE', name, ARGV[2])
                end
            end
            redis.call('SET', KEYS[1], ARGV[4] .. table.concat(found) .. ARGV[5], 'PX', ARGV[3])
            return 1
            """)
}

/// The scripts as Redis knows them.
struct CacheScripts: Sendable {
    let lease, fill, generations, finish, place: [UInt8]

    /// Takes the replies of loading `CacheScript.all`; nil unless they are as many names.
    init?(_ replies: some Collection<RedisReply>) {
        let names = replies.compactMap { reply -> [UInt8]? in
            guard case .bulk(let name) = reply else { return nil }
            return name
        }
        guard names.count == CacheScript.all.count else { return nil }
        (lease, fill, generations, finish, place) = (names[0], names[1], names[2], names[3], names[4])
    }

    /// A call of one of them.
    static func call(_ name: [UInt8], keys: [[UInt8]], _ arguments: [UInt8]...) -> RedisCommand {
        RedisCommand([Array("EVALSHA".utf8), name, Array(String(keys.count).utf8)] + keys + arguments)
    }
}
