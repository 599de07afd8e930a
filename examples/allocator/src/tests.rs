use super::*;

/// A block, filled with a byte.
struct Block {
    at: *mut u8,
    layout: Layout,
    filled: u8,
}

impl Block {
    fn check(&self) {
        assert_eq!(self.at.align_offset(self.layout.align()), 0);
        for place in 0..self.layout.size() {
            // SAFETY: the block has this size.
            assert_eq!(unsafe { *self.at.add(place) }, self.filled);
        }
    }
}

#[test]
fn blocks_keep_what_is_in_them_whatever_else_is_taken_moved_and_given_back() {
    let allocator = Allocator::new();
    let mut blocks: Vec<Block> = Vec::new();
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    for turn in 0..20_000 {
        let filled = turn as u8;
        let size = 1 + if random(8) == 0 { random(3000) } else { random(600) };
        match random(3) {
            0 if !blocks.is_empty() => {
                let block = blocks.swap_remove(random(blocks.len()));
                block.check();
                // SAFETY: the block is not used any more.
                unsafe { allocator.dealloc(block.at, block.layout) };
            }
            1 if !blocks.is_empty() => {
                let place = random(blocks.len());
                let block = &mut blocks[place];
                block.check();
                // SAFETY: the size is not zero, and the old block is not used any more.
                block.at = unsafe { allocator.realloc(block.at, block.layout, size) };
                let kept = block.layout.size().min(size);
                block.layout = Layout::from_size_align(size, block.layout.align()).unwrap();
                for place in 0..kept {
                    // SAFETY: the block has this size.
                    assert_eq!(unsafe { *block.at.add(place) }, block.filled);
                }
                block.filled = filled;
                // SAFETY: the block has this size.
                unsafe { block.at.write_bytes(filled, size) };
            }
            _ => {
                let layout = Layout::from_size_align(size, 1 << random(6)).unwrap();
                // SAFETY: the size is not zero.
                let at = unsafe { allocator.alloc(layout) };
                // SAFETY: the block has this size.
                unsafe { at.write_bytes(filled, size) };
                blocks.push(Block { at, layout, filled });
            }
        }
    }
    blocks.iter().for_each(Block::check);
}
