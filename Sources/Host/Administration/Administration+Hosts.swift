package import Cluster
internal import Primitives

extension Administration {
    /// The hosts that share the store. Throws `HostError` without a cluster.
    package func hostDirectory() throws -> HostDirectory {
        guard self.isInCluster else {
            throw HostError("this host is alone: the configuration has no section 'cluster'; see docs/cluster.md")
        }
        return HostDirectory(self.database)
    }
}
