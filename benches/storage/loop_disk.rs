//! A file system of its own in a file, to count what is written to it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::{TempDir, tempdir_in};

use super::common::Result;

/// The size of the file system in bytes.
const SIZE: u64 = 256 << 20;

/// The bytes of a sector in the kernel's statistics.
const SECTOR: u64 = 512;

/// An ext4 file system on a loop device. It is unmounted when this is dropped.
pub(crate) struct LoopDisk {
    /// The folder with the file and the mount point.
    folder: TempDir,
    /// Whether it is mounted.
    mounted: bool,
    /// The file with the device's statistics.
    statistics: PathBuf,
}

/// What a device has done so far.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    /// The bytes that were written to it.
    pub(crate) bytes: u64,
    /// How often it was told to flush its cache.
    pub(crate) flushes: u64,
}

impl LoopDisk {
    /// Makes and mounts it.
    ///
    /// # Errors
    /// Why this process can't.
    pub(crate) fn mount(within: &Path) -> Result<Self> {
        let folder = tempdir_in(within)?;
        let image = folder.path().join("image");
        File::create_new(&image)?.set_len(SIZE)?;
        let statistics = PathBuf::new();
        let mut disk = Self { folder, mounted: false, statistics };
        let mount_point = disk.path();
        fs::create_dir(&mount_point)?;
        run(Command::new("mkfs.ext4").arg("-q").arg(&image))?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&mount_point))?;
        disk.mounted = true;
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        let mount_point = fs::canonicalize(mount_point)?;
        let device = mounts.lines().find_map(|line| {
            let (device, rest) = line.split_once(' ')?;
            let name = device.strip_prefix("/dev/")?;
            rest.split(' ').next().filter(|path| Path::new(path) == mount_point).map(|_| name)
        });
        let device = device.ok_or("the loop device can't be found")?;
        disk.statistics = Path::new("/sys/block").join(device).join("stat");
        Ok(disk)
    }

    /// Its root folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> Result<Written> {
        let text = fs::read_to_string(&self.statistics)?;
        let mut fields = text.split_whitespace().map(str::parse);
        // Kernels before 5.5 do not count flushes.
        let sectors = fields.nth(6).ok_or("no statistics")??;
        let flushes = fields.nth(8).transpose()?.unwrap_or(0);
        Ok(Written { bytes: sectors * SECTOR, flushes })
    }

    /// Writes everything that waits in the system's memory.
    pub(crate) fn sync(&self) -> Result<()> {
        run(Command::new("sync").arg("--file-system").arg(self.path()))
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        if self.mounted && run(Command::new("umount").arg(self.path())).is_err() {
            let _ = run(Command::new("umount").arg("--lazy").arg(self.path()));
        }
    }
}

/// Runs a command.
fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}
