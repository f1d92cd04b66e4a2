mod naive;
mod worlds;

use super::*;
