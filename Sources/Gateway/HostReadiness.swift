internal import Chat

/// The host's checks for `/readyz`.
package struct HostReadiness: Sendable {
    /// Each is nil if all is well, else one line that says what is wrong.
    package struct Checks: Sendable {
        package var store: String?
        package var model: String?
        package var jail: String?
        /// Whether turns still wait until it is known where commands run.
        package var isStarting = false
        /// Nil if objects are kept in the data directory only.
        package var objects: Objects?
        /// Nil for a host that is alone.
        package var cluster: Cluster?

        /// The object store.
        package struct Objects: Sendable {
            /// Why it could not be used when it was last asked.
            package let problem: String?

            package init(problem: String?) { self.problem = problem }
        }

        /// A host's place among others.
        package struct Cluster: Sendable {
            /// What is wrong between the hosts, who then go on by the database alone.
            package let connection: String?
            /// Why this host may serve nothing.
            package let lease: String?

            package init(connection: String? = nil, lease: String? = nil) {
                self.connection = connection
                self.lease = lease
            }
        }

        package init(store: String? = nil, model: String? = nil, jail: String? = nil) {
            self.store = store
            self.model = model
            self.jail = jail
        }
    }

    /// As `/readyz` reports it; ready only if `ok`.
    package enum Status: String, Sendable, CaseIterable {
        case ok, unavailable, stopping
    }

    package let checks: @Sendable () async -> Checks

    package init(checks: @escaping @Sendable () async -> Checks) {
        self.checks = checks
    }

    /// Nothing works before the start has ended, or without the store, the model, a lease or any of the configured
    /// networks; the jail and the object store affect only what uses them.
    ///
    /// - Parameter networks: The states of the networks that this host has. If it is empty, the web chat alone is enough.
    static func status(_ checks: Checks, networks: [AdapterStatus.State], isStopping: Bool) -> Status {
        if isStopping { return .stopping }
        let isConnected = networks.isEmpty || networks.contains(.up)
        let works = checks.store == nil && checks.model == nil && checks.cluster?.lease == nil
        return !checks.isStarting && works && isConnected ? .ok : .unavailable
    }
}
