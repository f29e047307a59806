package import Sandbox

/// What this machine offers for jails, tested once when the host starts.
package struct JailMeans: Sendable {
    /// Starts a jail, tests it, and ends it. Fails if it does not start or does not hold.
    typealias Trial = @Sendable (JailIdentity?, [[UInt8]], any JailLimiter) async throws(JailFailure) -> Void

    package let status: JailStatus
    /// Nil if ``status`` is not ready.
    package let bubblewrap: Bubblewrap?
    /// Nil if ``status`` is not ready, or if they were removed.
    package let programs: JailPrograms?
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
            status: .off(user: user.name), bubblewrap: nil, programs: nil, limiter: ResourceLimits(),
            quota: MeasuredQuota(), identities: nil, filters: [], shortcomings: [])
    }

    /// Tests everything with a jail like those of sessions. Never fails: ``status`` says what does not work.
    ///
    /// - Parameters:
    ///   - folder: Where sessions' programs and workspaces are; the jail is tried there, and nothing else stays.
    ///   - programs: Where the jail's programs are written and stay; nil: they are removed.
    ///   - limits: Of each session's jail.
    ///   - firstUser: See ``JailIdentities/make(first:)``.
    package static func probe(
        in folder: String, programs: String? = nil, limits: JailLimits = JailLimits(), firstUser: UInt32? = nil
    ) async -> JailMeans {
        await self.probe(programs: programs.map { JailPrograms(folder: $0) }, firstUser: firstUser) {
            (identity, filters, limiter) async throws(JailFailure) in
            try await ProbeJail.examine(in: folder, programs: programs, identity, filters, limiter, limits)
        }
    }

    static func probe(programs: JailPrograms? = nil, firstUser: UInt32? = nil, trial: Trial) async -> JailMeans {
        // Beside the trial, because both wait for programs, and the host waits for them.
        async let search = self.bubblewrap()
        let quota = MeasuredQuota()
        func means(
            _ status: JailStatus, _ limits: JailLimiters.Choice, _ bubblewrap: Bubblewrap? = nil,
            _ identities: JailIdentities? = nil, _ filters: [[UInt8]] = []
        ) -> JailMeans {
            JailMeans(
                status: status, bubblewrap: bubblewrap, programs: bubblewrap == nil ? nil : programs,
                limiter: limits.limiter, quota: quota, identities: identities, filters: filters,
                shortcomings: limits.shortcomings)
        }
        do throws(JailFailure) {
            let filters = try JailFilter.programs()
            let identities = try JailIdentities.make(first: firstUser)
            let identity = try identities.take()
            defer { if let identity { identities.release(identity) } }
            let limits = await JailLimiters.strongest { (limiter) async throws(JailFailure) in
                try await trial(identity, filters, limiter)
            }
            do throws(JailFailure) {
                // First, because an unsuitable Bubblewrap is why jails fail.
                let bubblewrap = try await search.get()
                if let failure = limits.failure { throw failure }
                let status = JailStatus.ready(
                    bubblewrap: bubblewrap.version, limits: limits.limiter.name, quota: quota.name)
                return means(status, limits, bubblewrap, identities, filters)
            } catch {
                return means(.unavailable(error.message), limits)
            }
        } catch {
            return means(.unavailable(error.message), await JailLimiters.strongest())
        }
    }

    private static func bubblewrap() async -> Result<Bubblewrap, JailFailure> {
        do throws(JailFailure) {
            return .success(try await Bubblewrap.find())
        } catch {
            return .failure(error)
        }
    }
}
