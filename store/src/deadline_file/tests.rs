//! A file that hangs when a test says so.

use super::*;

const WAIT: Duration = Duration::from_millis(50);

/// Eight bytes that can be made to hang.
#[derive(Debug, Default)]
struct Disk {
    bytes: Mutex<Vec<u8>>,
    hangs: Mutex<bool>,
    released: Condvar,
    /// Whether the file's thread still has it.
    open: Mutex<bool>,
}

struct Handle(Arc<Disk>);

impl Drop for Handle {
    fn drop(&mut self) {
        *self.0.open.lock().unwrap() = false;
    }
}

impl Disk {
    fn hang(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
        self.released.notify_all();
    }

    fn wait(&self) {
        let hangs = self.hangs.lock().unwrap();
        drop(self.released.wait_while(hangs, |hangs| *hangs).unwrap());
    }
}

impl File for Handle {
    fn size(&self) -> io::Result<u64> {
        self.0.wait();
        Ok(8)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.wait();
        let start = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&self.0.bytes.lock().unwrap()[start..start + buffer.len()]);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.wait();
        let start = usize::try_from(offset).unwrap();
        self.0.bytes.lock().unwrap()[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.wait();
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[derive(Debug, Default)]
struct Count {
    meanwhile: Mutex<u32>,
}

impl Watch for Count {
    fn meanwhile(&self) -> Duration {
        *self.meanwhile.lock().unwrap() += 1;
        WAIT / 10
    }

    fn synced(&self, _: Duration) {
        panic!("no sync succeeds here");
    }
}

fn open() -> (Arc<Disk>, Arc<Count>, DeadlineFile) {
    let disk =
        Arc::new(Disk { bytes: Mutex::new(vec![0; 8]), open: Mutex::new(true), ..Disk::default() });
    let count = Arc::new(Count::default());
    let watch = Arc::clone(&count) as Arc<dyn Watch>;
    let file = DeadlineFile::new(Handle(Arc::clone(&disk)), "test", WAIT, watch).unwrap();
    (disk, count, file)
}

fn is_overdue<T>(result: io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

#[test]
fn operations_and_errors_pass_through() {
    let (disk, _, file) = open();
    assert_eq!(file.size().unwrap(), 8);
    file.write_at(b"abc", 2).unwrap();
    let mut read = [0; 4];
    file.read_at(&mut read, 1).unwrap();
    assert_eq!(&read, b"\0abc");
    assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::StorageFull);
    drop(file);
    assert!(!*disk.open.lock().unwrap(), "dropping waits until the file is closed");
}

#[test]
fn an_overdue_operation_fails_and_others_fail_at_once_until_it_has_returned() {
    let (disk, count, file) = open();
    disk.hang(true);
    assert!(is_overdue(file.write_at(b"abc", 0)));
    let calls = *count.meanwhile.lock().unwrap();
    assert!(calls > 1, "the watch is called while an operation is under way");
    for _ in 0..3 {
        assert!(is_overdue(file.size()));
        assert!(is_overdue(file.sync()));
    }
    assert_eq!(*count.meanwhile.lock().unwrap(), calls, "nothing was waited for");
    disk.hang(false);
    let mut read = [0; 3];
    while let Err(error) = file.read_at(&mut read, 0) {
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        std::thread::yield_now();
    }
    // The overdue write has happened, before what came later.
    assert_eq!(&read, b"abc");
}

#[test]
fn dropping_does_not_wait_for_an_overdue_operation() {
    let (disk, _, file) = open();
    disk.hang(true);
    assert!(is_overdue(file.size()));
    drop(file);
    assert!(*disk.open.lock().unwrap());
    disk.hang(false);
    while *disk.open.lock().unwrap() {
        std::thread::yield_now();
    }
}

#[test]
fn a_thread_that_has_ended_is_an_error() {
    let (disk, _, file) = open();
    let panic = std::panic::catch_unwind(|| {
        let _hangs = disk.hangs.lock().unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(panic.is_err());
    // The file's thread panics at the poisoned lock.
    while file.size().unwrap_err().kind() == io::ErrorKind::TimedOut {}
    assert_eq!(file.size().unwrap_err().kind(), io::ErrorKind::Other);
}
