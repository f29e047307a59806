package import HTTP

extension Configuration {
    /// `jetbridge proxy`, and the proxy below the gateway's `/proxy`.
    package struct Proxy: Sendable, Equatable {
        /// Whether `serve` mounts it below `/proxy`.
        package var isEnabled: Bool
        /// Where `jetbridge proxy` listens.
        package var listen: HostPort
        /// Nil for the account's API address.
        package var upstream: HTTPURL?
        /// CA certificates to trust instead of the system's.
        package var caFile: String?
        /// Whether loopback needs a key too; other addresses always do.
        package var requiresKey: Bool
        /// For each key; 0 is unlimited.
        package var requestsPerMinute: Int
        /// In bytes; 0 disables the cache.
        package var cache: Int
        /// How long the upstream may be silent.
        package var timeout: Duration
        /// How many processes serve `jetbridge proxy`; nil for one a core.
        package var workers: Int?
        /// Other names for models.
        package var aliases: [String: String]
        /// The models that stand in for one that fails, in this order; by the models' own names.
        package var fallbacks: [String: [String]]

        init(_ section: Section) {
            self.isEnabled = section.read("enabled", default: false) { $0.bool() }
            self.listen = section.read("listen", default: HostPort(host: "127.0.0.1", port: 8080)) {
                $0.listenAddress()
            }
            self.upstream = section.optional("upstream") { $0.upstreamURL() }
            self.caFile = section.optional("ca_file") { $0.pemFile() }
            self.requiresKey = section.read("require_key", default: false) { $0.bool() }
            self.requestsPerMinute = section.read("requests_per_minute", default: 0) { $0.integer(in: 0...1_000_000) }
            self.cache = section.size("cache", default: 16 << 20, atLeast: 0)
            self.timeout = section.read("timeout", default: .seconds(120)) { $0.duration(from: .milliseconds(100)) }
            self.workers = section.read("workers", default: 1) { .some($0.workers()) }
            self.aliases = section.read("aliases", default: [:]) { $0.aliases() }
            self.fallbacks = section.read("fallbacks", default: [:]) { $0.fallbacks() }
        }
    }
}

extension Value {
    /// `auto`, which is nil, or a number.
    fileprivate func workers() -> Int? {
        if self.text == "auto" { return nil }
        if self.text.flatMap({ Int($0) }) == nil {
            self.report("expected a whole number or auto, found \(self.kind)")
            return 1
        }
        return self.integer(in: 1...64) ?? 1
    }

    /// `{NAME: MODEL}`. A name stands for a model, not for another name.
    fileprivate func aliases() -> [String: String]? {
        guard let members = self.members() else { return nil }
        let aliases = members.compactMap { name, value in value.string().map { (name, $0, value) } }
        let names = Set(aliases.map(\.0))
        for (name, model, value) in aliases where names.contains(model) {
            value.report(
                model == name
                    ? "'\(name)' stands for itself; name a model of the upstream"
                    : "'\(model)' is an alias itself; name the model that it stands for")
        }
        return Dictionary(aliases.map { ($0.0, $0.1) }) { first, _ in first }
    }

    /// `{MODEL: [MODEL, …]}`
    fileprivate func fallbacks() -> [String: [String]]? {
        guard let members = self.members() else { return nil }
        var fallbacks: [String: [String]] = [:]
        for (model, value) in members {
            guard let others = value.items()?.compactMap({ $0.string() }) else { continue }
            if others.isEmpty { value.report("the list is empty: name the models that stand in for '\(model)'") }
            if others.contains(model) { value.report("'\(model)' can't stand in for itself") }
            fallbacks[model] = others
        }
        return fallbacks
    }

    /// Every request carries the token, so plain HTTP is allowed only to this machine.
    func upstreamURL() -> HTTPURL? {
        guard let url = self.url() else { return nil }
        guard url.isSecure || url.isLoopback else {
            return self.error("plain HTTP would send the token unencrypted; use https://")
        }
        guard url.query == nil else {
            return self.error("each request has a query of its own; leave out the '?' and what follows")
        }
        return url
    }
}
