/// Every sentence and table row of the wire protocol, in the order of its page. Each scenario says which of them it
/// proves; a test makes sure that none is left out.
enum Rule: String, Sendable, CaseIterable {
    // MARK: Frames

    /// A Unix stream socket. A frame is a 4-byte unsigned big-endian length N, then N bytes of UTF-8 JSON: one JSON-RPC
    /// 2.0 object.
    case frame
    /// A client may send many requests without waiting, reading while it sends; answers carry the request's `id` and
    /// may come in any order.
    case pipelining
    /// Requests of one connection that name the same memory id take effect in the order sent; otherwise a request that
    /// depends on another waits for its answer.
    case sameIDInOrder
    /// A request frame over `limits.max_frame_bytes` (default 16 MiB) gets `frame_too_large` with id null; the daemon
    /// then shuts its write side, discards input for up to 1 s so that the client can read the answer, and closes.
    case frameLimit
    /// It never allocates by the declared length.
    case noAllocationByLength
    /// A frame that has begun must be complete within 5 s (configurable), else the connection closes without an answer;
    /// an idle connection stays open.
    case frameTime
    /// A half-closed connection still gets its answers, then closes.
    case halfClose
    /// No other error closes a connection.
    case errorsKeepConnection
    /// The three example frames: a request with all members, a result, an error with code, message and data.
    case exampleFrames
    /// `id` is a string or a 64-bit integer, answered as given; null is `invalid_request`.
    case requestID
    /// `deadlineMs` (optional, default 5000, 1–600000) is this daemon's one extension of the request; any other member
    /// is `invalid_request`.
    case requestMembers
    /// It counts from the frame's last byte, and no answer comes later than that plus 0.5 s.
    case deadline
    /// A notification (no `id`) is carried out and not answered.
    case notification
    /// JSON-RPC batch arrays are `invalid_request`.
    case noBatchArrays
    /// `params` must be an object when present; not one, or a bad `deadlineMs`: `invalid_params` with that field.
    case paramsMember

    // MARK: Errors

    /// -32700 parse_error: not UTF-8, not JSON, duplicate keys, depth over 64 (the frame's outer object is depth 1),
    /// NUL or lone surrogate, number outside double.
    case parseError
    /// -32600 invalid_request: not a JSON-RPC 2.0 request.
    case invalidRequest
    /// -32601 method_not_found.
    case methodNotFound
    /// -32602 invalid_params: a missing, unknown, ill-typed or out-of-range field.
    case invalidParams
    /// -32603 internal: a bug; logged with a request id that `data.requestId` repeats.
    case internalError
    /// -32001 permission_denied: the peer may not do this.
    case permissionDenied
    /// -32002 version_conflict: `ifVersion` did not match; `data.currentVersion` (null: no such memory).
    case versionConflict
    /// -32003 busy: a bounded queue is full; `data.retryAfterMs`. Retryable.
    case busy
    /// One connection alone is slowed, never told `busy`.
    case oneConnectionIsSlowed
    /// -32004 store_unavailable: PostgreSQL can't be reached or refuses writes. Retryable.
    case storeUnavailable
    /// -32005 deadline_exceeded: and nothing was written; where that is not sure, `commit_unknown`. Retryable.
    case deadlineExceeded
    /// -32006 frame_too_large.
    case frameTooLarge
    /// -32007 shutting_down. Retryable.
    case shuttingDown
    /// -32008 in_progress: such a job runs already. Retryable.
    case inProgress
    /// -32009 unsupported: this server lacks what the call needs; the message says what.
    case unsupported
    /// -32010 commit_unknown: the connection broke between COMMIT and its answer: read `data.ids` to learn. Retryable.
    case commitUnknown
    /// `data` has kind, retryable, and `field` where one is at fault: its path from `params`, 0-based:
    /// `record.importance`, `records[1].tags[0]`.
    case errorData
    /// `parse_error` repeats the request's id when that was read before the fault, else null; `invalid_request` repeats
    /// it when it is a string or an integer, else null.
    case errorID
    /// Redis never causes an error.
    case cacheNeverFails

    // MARK: A memory record

    /// id: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`; the server makes a UUIDv7 when absent.
    case recordID
    /// agentId, required: `[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}`.
    case recordAgent
    /// timestamp, RFC 3339: when it happened; default now; kept to the microsecond (more digits are rounded), answered
    /// in UTC with six digits and `Z`; years 0001–9999, second 60 refused.
    case recordTimestamp
    /// context, required: any JSON object, nested at most 56 deep, up to 1 MiB as compact UTF-8 JSON.
    case recordContext
    /// embeddings, optional: 1 to 4,096 numbers within float32, kept as float32 (too small becomes 0).
    case recordEmbeddings
    /// tags: up to 64 as sent; each 1 to 128 code points, no U+0000–1F or 7F–9F; duplicates collapse; answered sorted.
    case recordTags
    /// importance: integer 1–10, default 5.
    case recordImportance
    /// expiresAt, RFC 3339 or null: in the past: `invalid_params`. From that instant on the memory is in no answer,
    /// cached or not, and its id is free: store creates, delete is false, clear does not count it.
    case recordExpiry
    /// version, createdAt, updatedAt only in answers: version starts at 1 and grows by 1 with each write of that id;
    /// after delete or expiry it starts at 1 again. Sent in a record they are `invalid_params`: strip them.
    case recordVersion
    /// `store` of an id that exists replaces the whole record (createdAt stays).
    case storeReplaces
    /// Storing a record again with all fields equal is still a write.
    case equalStoreIsWrite
    /// Absent optional fields are absent in answers (`embeddings`, `expiresAt`).
    case absentStaysAbsent
    /// Unknown fields are `invalid_params`: nothing is dropped silently.
    case unknownFields
    /// null is `invalid_params` but for `expiresAt` and `cursor`; `5.0` is an integer.
    case nullsAndIntegers
    /// Strings are compared code point by code point, never normalised or folded, and sort so.
    case codePoints
    /// Numbers come back equal as doubles.
    case numbers

    // MARK: Methods

    /// store {record, ifVersion?} → {id, version, created}; `ifVersion: 0` means "only if there is none".
    case store
    /// storeBatch {records} (1–1,000) → {results:[{id, version, created}…]} in order; all or none; a repeated id in one
    /// batch is `invalid_params`.
    case storeBatch
    /// get {id} → {memory: record or null, servedFrom}.
    case get
    /// getBatch {ids} (1–1,000) → {memories: [record or null…]} in order.
    case getBatch
    /// query {agentId?, tags?, tagMode?, startDate?, endDate?, minImportance?, limit?, cursor?} → {memories,
    /// nextCursor, servedFrom}.
    case query
    /// count: the same filters, no limit or cursor → {count}.
    case count
    /// delete {id, ifVersion?} → {deleted: bool}.
    case delete
    /// clear {agentId} or {all: true} → {deleted: n}, exact; registrations stay.
    case clear
    /// getStats {fresh?: bool} → {totalMemories, agentCount, tagCount, memoryByAgent, refreshedAt, cache: {hits,
    /// misses, hitRate}}.
    case getStats
    /// cleanupExpired {} → {deleted: n}, what this call removed.
    case cleanupExpired
    /// registerAgent {agentId, name?, capabilities?, metadata?} → {agentId, created, registeredAt}; again: replaces it,
    /// keeps registeredAt.
    case registerAgent
    /// unregisterAgent {agentId} → {deleted: bool}; memories stay.
    case unregisterAgent
    /// listAgents {limit?, cursor?} → {agents:[{agentId, name?, capabilities, metadata, registeredAt, memories}],
    /// nextCursor} by agentId; those with memories but no registration included (registeredAt null, [] and {}).
    case listAgents
    /// storeContext {agentId, context, tags?, importance?, expiresAt?, embeddings?} → {id, version, created,
    /// timestamp}: a store whose id and timestamp the server gives.
    case storeContext
    /// queryContext: as query.
    case queryContext
    /// getAgentMemories {agentId, limit?, cursor?}: as query.
    case getAgentMemories
    /// getCrossAgentInsights {tags?, tagMode?, startDate?, endDate?, minImportance?, limit?} → {memories (most
    /// important, then newest, then id descending, across agents), byAgent: {agent: count}, sharedTags: [{tag, agents:
    /// […], count}] (tags of two agents or more; most agents, then most memories, then tag)} over all that match, not
    /// only the page.
    case insights
    /// getHealth {} → {status: "ok" / "degraded" / "unavailable", version, protocol: 1, limits: {…}, uptimeSeconds,
    /// store: {status, latencyMs?}, cache: {status, …}, workers: {name: {lastRunAt, lastResult, nextRunAt}}}.
    case getHealth
    /// ping {} → {}.
    case ping

    // MARK: What methods have in common

    /// `servedFrom` is "cache" or "store"; apart from it an answer is equal whichever served it.
    case servedFrom
    /// Query answers come newest `timestamp` first, then id descending.
    case queryOrder
    /// `tagMode` is "any" (default) or "all"; `tags: []` is no filter.
    case tagMode
    /// `startDate` and `endDate` are RFC 3339 or a date (UTC), both inclusive, and a date as `endDate` means its whole
    /// day; start after end matches nothing.
    case dates
    /// `minImportance` is 1–10.
    case minImportance
    /// `limit` is 1–1,000, default 100.
    case limit
    /// `cursor` is the opaque `nextCursor` of the last page, null when nothing more matches, also after a full page.
    case cursor
    /// Following it gives every memory that matched throughout, and whose timestamp did not change, exactly once,
    /// whatever is written meanwhile.
    case cursorExactlyOnce
    /// It belongs to its filters (others: `invalid_params`, cursor), survives restarts, and `limit` may change on the
    /// way.
    case cursorFilters
    /// An answer that would pass 16 MiB ends its page early.
    case answerBytes
    /// Without `fresh`, getStats answers as of `refreshedAt` (what expired since may still be counted).
    case statsAsOf
    /// agentCount counts agents with memories; hitRate is hits / (hits + misses), 0 when none.
    case statsNumbers
    /// A registration's name has at most 128 code points, capabilities follow the rules of tags, metadata is an object
    /// of at most 64 KiB.
    case registrationLimits
    /// `get` and `query` don't see it.
    case registrationsApart

    // MARK: Who may call what

    /// The peer's uid, gid and pid come from the kernel (SO_PEERCRED).
    case peerCredentials
    /// Without rules, whoever can open the socket may act for every agent.
    case noRules
    /// Administrative methods (`clear {all:true}`, `cleanupExpired`, and others that this page gains) need root, the
    /// daemon's own uid, or the configured admin group.
    case administrators
    /// Rules in the configuration bind uids or groups to the agent ids (exact, or `prefix*`) that they may read and
    /// write.
    case accessRules
    /// A caller bound so sees, counts, queries, lists and clears only those.
    case boundCallers
    /// An id belongs to the agent that holds it: whoever may not write the old or the new agent gets
    /// `permission_denied`, before `ifVersion` is looked at.
    case oldAndNewAgent
    /// Whoever may not read it gets null.
    case unreadableIsNull
}
