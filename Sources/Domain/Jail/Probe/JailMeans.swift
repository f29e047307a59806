/// What this machine offers for jails, tested once when the host starts.
package struct JailMeans: Sendable {
    /// Starts a jail, tests it, and ends it. Fails if it does not start or does not hold.
    typealias Trial = @Sendable (JailIdentity?, [[UInt8]], any JailLimiter) async throws(JailFailure) -> Void

    package let status: JailStatus
    /// Nil if ``status`` is not ready.
    package let bubblewrap: Bubblewrap?
    package let limiter: any JailLimiter
    package let quota: MeasuredQuota
    /// Nil if ``status`` is not ready.
    package let identities: JailIdentities?
    /// The programs for `bwrap --add-seccomp-fd`; empty if ``status`` is not ready.
    package let filters: [[UInt8]]
    /// Why each stronger limiter is not available: `cgroup v2: …`.
    package let shortcomings: [String]

    /// No jail at all, as requested on the command line.
    package static func off(_ user: HostUser) -> JailMeans {
        JailMeans(
            status: .off(user: user.name), bubblewrap: nil, limiter: ResourceLimits(), quota: MeasuredQuota(),
            identities: nil, filters: [], shortcomings: [])
    }

    /// Tests everything with a jail like those of sessions. Never fails: ``status`` says what does not work.
    ///
    /// - Parameters:
    ///   - folder: Where sessions' programs and workspaces are; the jail is tried there, and nothing stays.
    ///   - limits: Of each session's jail.
    ///   - firstUser: See ``JailIdentities/make(first:)``.
    package static func probe(
        in folder: String, limits: JailLimits = JailLimits(), firstUser: UInt32? = nil
    ) async -> JailMeans {
        await self.probe(firstUser: firstUser) { (identity, filters, limiter) async throws(JailFailure) in
            try await ProbeJail.examine(in: folder, identity, filters, limiter, limits)
        }
    }

    static func probe(firstUser: UInt32? = nil, trial: Trial) async -> JailMeans {
        let limits = await JailLimiters.strongest()
        let quota = MeasuredQuota()
        func means(
            _ status: JailStatus, _ bubblewrap: Bubblewrap? = nil, _ identities: JailIdentities? = nil,
            _ filters: [[UInt8]] = []
        ) -> JailMeans {
            JailMeans(
                status: status, bubblewrap: bubblewrap, limiter: limits.limiter, quota: quota,
                identities: identities, filters: filters, shortcomings: limits.shortcomings)
        }
        do throws(JailFailure) {
            let bubblewrap = try await Bubblewrap.find()
            let filters = try JailFilter.programs()
            let identities = try JailIdentities.make(first: firstUser)
            let identity = try identities.take()
            defer { if let identity { identities.release(identity) } }
            try await trial(identity, filters, limits.limiter)
            let status = JailStatus.ready(
                bubblewrap: bubblewrap.version, limits: limits.limiter.name, quota: quota.name)
            return means(status, bubblewrap, identities, filters)
        } catch {
            return means(.unavailable(error.message))
        }
    }
}
