/// Every metric, named without the prefix `jetbridge_` and without the suffix that its kind adds.
package enum MetricName: String, Sendable, CaseIterable {
    // Counters.
    case inboundEvents = "inbound_events"
    case turns
    case outbound
    case rateLimited = "rate_limited"
    case modelTokens = "model_tokens"
    case proxyRequests = "proxy_requests"
    case asks
    case jailCommands = "jail_commands"
    case undecryptableMessages = "undecryptable_messages"
    case failedKeyShares = "failed_key_shares"
    case handovers
    case fencedWrites = "fenced_writes"
    case webhooks
    case droppedSpans = "dropped_spans"
    // Gauges.
    case turnsActive = "turns_active"
    case outboxPending = "outbox_pending"
    case adapterUp = "adapter_up"
    case placesOwned = "places_owned"
    case leaseAge = "lease_age_seconds"
    case oneTimeKeys = "one_time_keys"
    /// Process metrics have the names that all exporters use.
    case residentMemory = "process_resident_memory_bytes"
    // Histograms, in seconds.
    case firstTokenSeconds = "turn_first_token_seconds"
    case turnSeconds = "turn_seconds"
    case jailSeconds = "jail_seconds"
    case storeCommitSeconds = "store_commit_seconds"

    /// What every host has. The others come with a cluster, encryption, hooks and telemetry.
    package static let ofHost: [MetricName] = [
        .inboundEvents, .turns, .outbound, .rateLimited, .modelTokens, .proxyRequests, .asks, .jailCommands,
        .turnsActive, .outboxPending, .adapterUp, .firstTokenSeconds, .turnSeconds, .jailSeconds, .storeCommitSeconds,
    ]

    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    package var kind: Kind {
        switch self {
        case .inboundEvents, .turns, .outbound, .rateLimited, .modelTokens, .proxyRequests, .asks, .jailCommands,
            .undecryptableMessages, .failedKeyShares, .handovers, .fencedWrites, .webhooks, .droppedSpans:
            .counter
        case .turnsActive, .outboxPending, .adapterUp, .placesOwned, .leaseAge, .oneTimeKeys, .residentMemory: .gauge
        case .firstTokenSeconds, .turnSeconds, .jailSeconds, .storeCommitSeconds: .histogram
        }
    }

    package var hasLabels: Bool {
        switch self {
        case .turnsActive, .outboxPending, .placesOwned, .leaseAge, .residentMemory, .firstTokenSeconds, .turnSeconds,
            .jailSeconds, .storeCommitSeconds, .fencedWrites, .droppedSpans:
            false
        case .inboundEvents, .turns, .outbound, .rateLimited, .modelTokens, .proxyRequests, .asks, .jailCommands,
            .undecryptableMessages, .failedKeyShares, .handovers, .webhooks, .adapterUp, .oneTimeKeys:
            true
        }
    }

    /// What it counts or measures, as the exposition says it.
    package var help: String {
        switch self {
        case .inboundEvents: "Events that networks delivered, by adapter and result."
        case .turns: "Turns that ended, by their final state."
        case .outbound: "Messages, edits and files that were sent, by adapter, kind and result."
        case .rateLimited: "How often a network throttled the bot, by adapter."
        case .modelTokens: "Tokens of models, by model and direction."
        case .proxyRequests: "Requests that the proxy answered, by HTTP status."
        case .asks: "Questions to people, by kind and result."
        case .jailCommands: "Commands that ended in a jail, by result."
        case .undecryptableMessages: "Encrypted messages that came without their key, by adapter."
        case .failedKeyShares: "Devices that were to get the key of an encrypted room and did not, by adapter."
        case .handovers: "Networks, threads and duties that came to this host or left it, by reason."
        case .fencedWrites: "Writes that were refused, because another host serves the place."
        case .droppedSpans: "Spans that were dropped because the collector refused them or did not take them in time."
        case .webhooks: "Tries to deliver to hooks, by hook and result."
        case .placesOwned: "Networks, threads and duties that this host serves."
        case .leaseAge: "Seconds since this host sent the last renewal of its lease that succeeded."
        case .turnsActive: "Turns in progress."
        case .outboxPending: "Messages that wait to be sent."
        case .adapterUp: "Whether the adapter is connected (1) or not (0)."
        case .oneTimeKeys: "One-time keys of an encrypted connection that its server has left, by adapter."
        case .residentMemory: "Resident memory size in bytes."
        case .firstTokenSeconds: "Time from the start of a turn to the first piece of its answer, in seconds."
        case .turnSeconds: "Duration of turns, in seconds."
        case .jailSeconds: "Duration of commands in jails, in seconds."
        case .storeCommitSeconds: "Duration of commits of the database, in seconds."
        }
    }
}
