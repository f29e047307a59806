internal import CSystem

/// The pages of memory that a program no longer needs once it runs.
package enum ProgramPages {
    /// Releases free pages of the heap, and code and constants, most of which are needed only at start-up. The kernel maps
    /// pages that are used again from its cache. Written pages stay.
    package static func release() {
        csystem_release_heap()
        csystem_release_images()
    }
}
