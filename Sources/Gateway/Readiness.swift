/// What `readyz` asks the host.
package struct Readiness: Sendable {
    /// Nil where all is well, else one line that says what is wrong.
    package struct Checks: Sendable {
        package var store: String?
        package var model: String?
        package var jail: String?

        package init(store: String? = nil, model: String? = nil, jail: String? = nil) {
            self.store = store
            self.model = model
            self.jail = jail
        }

        /// The jail is looked at by those who use it; without store or model nobody is served.
        var isReady: Bool { self.store == nil && self.model == nil }
    }

    package let checks: @Sendable () async -> Checks

    package init(checks: @escaping @Sendable () async -> Checks) {
        self.checks = checks
    }
}
