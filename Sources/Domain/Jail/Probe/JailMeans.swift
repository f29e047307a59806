/// What this machine offers for jails, tried out once when the host starts.
package struct JailMeans: Sendable {
    /// Makes what runs a script in a jail, for ``JailProbe``.
    package typealias Maker =
        @Sendable (Bubblewrap, JailIdentity?, [[UInt8]], any JailLimiter) async throws(JailFailure) -> JailProbe.Runner

    package let status: JailStatus
    /// Nil if ``status`` is not ready.
    package let bubblewrap: Bubblewrap?
    package let limiter: any JailLimiter
    package let quota: any WorkspaceQuota
    /// Nil if ``status`` is not ready.
    package let identities: JailIdentities?
    /// The programs for `bwrap --add-seccomp-fd`; empty if ``status`` is not ready.
    package let filters: [[UInt8]]
    /// For each stronger limit, why it is not available: `cgroup v2: …`.
    package let shortcomings: [String]

    /// Tries everything. Never fails: ``status`` says what does not work.
    ///
    /// - Parameters:
    ///   - firstUser: See ``JailIdentities/make(first:)``.
    ///   - maker: Makes the jail that is tried; it should be that of sessions.
    package static func probe(
        firstUser: UInt32? = nil,
        maker: Maker = { (bubblewrap, identity, filters, _) async throws(JailFailure) in
            let jail = ProbeJail(bubblewrap, identity: identity, filters: filters)
            return { (script) async throws(JailFailure) in try await jail.run(script) }
        }
    ) async -> JailMeans {
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
            try await JailProbe(run: try await maker(bubblewrap, identity, filters, limits.limiter)).examine()
            let status = JailStatus.ready(
                bubblewrap: bubblewrap.version, limits: limits.limiter.name, quota: quota.name)
            return means(status, bubblewrap, identities, filters)
        } catch {
            return means(.unavailable(error.message))
        }
    }
}
