/// Every metric, named without the prefix `jetbridge_` and without the suffix that its kind adds.
package enum MetricName: String, Sendable {
    // Counters.
    case inboundEvents = "inbound_events"
    case turns
    case outbound
    case rateLimited = "rate_limited"
    case modelTokens = "model_tokens"
    case proxyRequests = "proxy_requests"
    case asks
    case jailCommands = "jail_commands"
    // Gauges.
    case turnsActive = "turns_active"
    case outboxPending = "outbox_pending"
    case adapterUp = "adapter_up"
    /// Process metrics have the names that all exporters use.
    case residentMemory = "process_resident_memory_bytes"
    // Histograms, in seconds.
    case firstTokenSeconds = "turn_first_token_seconds"
    case turnSeconds = "turn_seconds"
    case jailSeconds = "jail_seconds"
    case storeCommitSeconds = "store_commit_seconds"
}
